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
	// splitAfter is how many points of a cell are looked at before its four parts are, each
	// by itself: finding where these begin costs about as much as so many points.
	splitAfter = 48
	// neverSplit is the length of a sorted set up to which cells stay whole.
	neverSplit = 256
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
	w.areas = make([][2]uint64, 0, len(areas))
	for _, c := range areas {
		from, to := c.scores()
		if w.done(from) {
			continue
		}
		if !w.scan(c, from) {
			return
		}
		w.areas = append(w.areas, [2]uint64{from, to})
	}
	if whole || w.scan(cell{}, 0) {
		w.each(scoreEnd, lastScore, math.MaxInt)
	}
}

// A walker is one search.
type walker struct {
	z     zset.ZSet
	shape *Shape
	fn    func(*Match) bool
	areas [][2]uint64 // that have been searched
	// stopped is set when fn has said no.
	stopped bool
	m       Match
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

// scan passes what matches in the cell, from a score of it on, and has not been passed.
func (w *walker) scan(c cell, start uint64) bool {
	if !w.shape.touches(c.rect()) {
		return true
	}
	_, end := c.scores()
	most := splitAfter
	if c.step == MaxStep || w.z.Len() <= neverSplit {
		most = math.MaxInt
	}
	next := w.each(start, end, most)
	if w.stopped || next >= end {
		return !w.stopped
	}
	for i := range uint32(4) {
		part := cell{c.x<<1 | i>>1, c.y<<1 | i&1, c.step + 1}
		if from, to := part.scores(); to > next && !w.scan(part, max(from, next)) {
			return false
		}
	}
	return true
}

// each passes what matches of the scores from start to end, looking at so many points at
// most. It returns the score to go on with, end when there are no more.
func (w *walker) each(start, end uint64, most int) (next uint64) {
	next = end
	w.z.EachBetween(float64(start), float64(end), func(member []byte, score float64) bool {
		at := uint64(score)
		if most == 0 {
			next = at
			return false
		}
		most--
		m := &w.m
		m.Point = FromScore(score)
		var ok bool
		if m.Distance, ok = w.shape.Contains(m.Point); !ok || w.done(at) {
			return true
		}
		m.Member, m.Score = member, score
		w.stopped = !w.fn(m)
		return !w.stopped
	})
	return next
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
	list = make([]cell, 0, 9)
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
