package geo

import (
	"math"

	"github.com/medleydb/medley/datatypes/zset"
)

// A Match is a member that a search has found. Member is good until the function that was
// given it returns, or, in a sorted set that is large, until the sorted set changes.
type Match struct {
	Member   []byte
	Score    float64
	Point    Point
	Distance float64 // metres from the centre of the shape
}

// A cell is a range of scores: all that begin with the same 2*step bits.
type cell struct {
	x, y uint32
	step int
}

func (c cell) scores() (from, to uint64) {
	shift := 2 * (MaxStep - c.step)
	h := spread(c.y) | spread(c.x)<<1
	return h << shift, (h + 1) << shift
}

func (c cell) rect() rectangle { return rect(c.x, c.y, c.step) }

const (
	// splitAbove is the number of points in a cell from which its four parts are looked at
	// by themselves: finding where these begin costs about as much as so many distances.
	splitAbove = 64
	// scoreEnd is behind all scores of cells. Points on the last meridian or parallel, to the
	// last bit, have such as lie from here to lastScore.
	scoreEnd  = 1 << (2 * MaxStep)
	lastScore = 1 << (2*MaxStep + 2)
)

// Search passes the members of the sorted set that lie in the shape to fn until it says
// no, each once. They come in the order in which the field finds them; those that it
// would miss come last.
func Search(z zset.ZSet, s *Shape, fn func(*Match) bool) {
	w := walker{z: z, shape: s, fn: fn}
	areas, whole := s.areas()
	for _, c := range areas {
		from, to := c.scores()
		if w.done(from) {
			continue
		}
		if !w.scan(c) {
			return
		}
		w.areas = append(w.areas, [2]uint64{from, to})
	}
	n := z.Len()
	if n == 0 {
		return
	}
	if !whole && !w.scan(cell{}) {
		return
	}
	last := 0.0
	z.Each(zset.Span{From: n - 1, To: n}, false, func(_ []byte, score float64) bool {
		last = score
		return true
	})
	if last >= scoreEnd {
		w.each(z.ScoreSpan(zset.ScoreRange{Min: scoreEnd, Max: lastScore, MaxExclusive: true}))
	}
}

// A walker is one search.
type walker struct {
	z     zset.ZSet
	shape *Shape
	fn    func(*Match) bool
	areas [][2]uint64 // that have been searched; nil while the first one is
	m     Match
}

// done reports whether the score lies in a cell that has been searched.
func (w *walker) done(score uint64) bool {
	for _, a := range w.areas {
		if score >= a[0] && score < a[1] {
			return true
		}
	}
	return false
}

// scan passes what matches in the cell and has not been passed.
func (w *walker) scan(c cell) bool {
	if !w.shape.touches(c.rect()) {
		return true
	}
	from, to := c.scores()
	span := w.z.ScoreSpan(zset.ScoreRange{Min: float64(from), Max: float64(to), MaxExclusive: true})
	if span.Len() > splitAbove && c.step < MaxStep {
		for i := range uint32(4) {
			if !w.scan(cell{c.x<<1 | i>>1, c.y<<1 | i&1, c.step + 1}) {
				return false
			}
		}
		return true
	}
	return w.each(span)
}

func (w *walker) each(span zset.Span) bool {
	more := true
	w.z.Each(span, false, func(member []byte, score float64) bool {
		m := &w.m
		m.Point = FromScore(score)
		var ok bool
		if m.Distance, ok = w.shape.Contains(m.Point); !ok || w.done(uint64(score)) {
			return true
		}
		m.Member, m.Score = member, score
		more = w.fn(m)
		return more
	})
	return more
}

// mapSide is half the side in metres of the map that steps are reckoned on.
const mapSide = 20037726.37

// stepFor returns the step of cells that go with a circle of the radius around a latitude:
// about as large as it, larger near the poles, where cells are narrow.
func stepFor(radius, lat float64) int {
	if radius == 0 {
		return MaxStep
	}
	step := 1
	for ; radius < mapSide; radius *= 2 {
		step++
	}
	step -= 2
	if lat = math.Abs(lat); lat > 66 {
		step--
		if lat > 80 {
			step--
		}
	}
	return min(max(step, 1), MaxStep)
}

// fieldBounds returns the bounds of the shape as the field reckons them, which
// decide what cells it looks at.
func (s *Shape) fieldBounds() bounds {
	if s.form == polygon {
		return s.bounds
	}
	height, width := s.radius, s.radius
	if s.form == box {
		height, width = s.height/2, s.width/2
	}
	lat := degrees(height / EarthRadius)
	edge := s.center.Lat + lat
	if s.center.Lat < 0 {
		edge = s.center.Lat - lat
	}
	lon := degrees(width / EarthRadius / math.Cos(radians(edge)))
	return bounds{south: s.center.Lat - lat, north: s.center.Lat + lat, west: s.center.Lon - lon, east: s.center.Lon + lon}
}

// areas returns the cells that the field looks at: that of the centre and its eight
// neighbours, less those that lie outside its bounds. whole reports that they hold the whole
// shape.
func (s *Shape) areas() (list []cell, whole bool) {
	b := s.fieldBounds()
	step := stepFor(s.radius, s.center.Lat)
	x, y := columns(hash(s.center, MaxLatitude, step))
	if step > 1 && !neighbourhood(x, y, step).holds(b) {
		step--
		x, y = columns(hash(s.center, MaxLatitude, step))
	}
	r := rect(x, y, step)
	west, east, south, north := -1, 1, -1, 1
	if step >= 2 {
		if r.latLo < b.south {
			south = 0
		}
		if r.latHi > b.north {
			north = 0
		}
		if r.lonLo < b.west {
			west = 0
		}
		if r.lonHi > b.east {
			east = 0
		}
	}
	mask := uint32(1)<<step - 1
	for _, d := range [...][2]int{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}} {
		if d[0] >= west && d[0] <= east && d[1] >= south && d[1] <= north {
			list = append(list, cell{uint32(int(x)+d[0]) & mask, uint32(int(y)+d[1]) & mask, step})
		}
	}
	return list, s.within(x, y, step, west, east, south, north)
}

// within reports whether the cells from west to east and from south to north of a
// cell hold the whole shape, as far as there are points.
func (s *Shape) within(x, y uint32, step, west, east, south, north int) bool {
	r := rect(x, y, step)
	w, h := r.lonHi-r.lonLo, r.latHi-r.latLo
	latLo, latHi := r.latLo+float64(south)*h, r.latHi+float64(north)*h
	lonLo, lonHi := r.lonLo+float64(west)*w, r.lonHi+float64(east)*w
	b := &s.bounds
	return (lonHi-lonLo >= 360 || lonLo <= b.west && lonHi >= b.east) &&
		latLo <= max(b.south, -MaxLatitude) && latHi >= min(b.north, MaxLatitude)
}

// A ring tells where the neighbours of a cell begin and end, as rectangles of their own: a
// neighbour across the edge of the map lies at its other end.
type ring struct{ north, south, east, west rectangle }

func neighbourhood(x, y uint32, step int) ring {
	mask := uint32(1)<<step - 1
	return ring{rect(x, (y+1)&mask, step), rect(x, (y-1)&mask, step), rect((x+1)&mask, y, step), rect((x-1)&mask, y, step)}
}

// holds reports whether the bounds end before the neighbours do.
func (r ring) holds(b bounds) bool {
	return r.north.latHi >= b.north && r.south.latLo <= b.south && r.east.lonHi >= b.east && r.west.lonLo <= b.west
}
