package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/medleydb/medley/datatypes/zset"
)

// A Match is a member that a search has found.
type Match struct {
	Place    zset.Place
	Score    float64
	Distance float64 // metres from the centre of the shape
}

// A cell is a range of scores: all that begin with the same 2*step bits.
type cell struct {
	x, y uint32
	step int
}

func (c cell) scores() scores {
	shift := 2 * (MaxStep - c.step)
	h := spread(c.y) | spread(c.x)<<1
	return scores{h << shift, (h + 1) << shift}
}

func (c cell) rect() rectangle { return rect(c.x, c.y, c.step) }

const (
	// splitAfter is how many points of a cell are looked at before its four parts are, each
	// by itself: finding where these begin costs about as much as so many points.
	splitAfter = 48
	// maxAreas is how many areas the field looks at, at most.
	maxAreas = 9
	// neverSplit is the length of a sorted set up to which cells stay whole.
	neverSplit = 256
	// scoreEnd is behind all scores of cells. Points on the last meridian or parallel, to the
	// last bit, have such as lie from here to lastScore.
	scoreEnd  = 1 << (2 * MaxStep)
	lastScore = 1 << (2*MaxStep + 2)
)

// A Searcher is the room that searches need. The zero Searcher is ready, and may be used again
// and again by one goroutine at a time.
type Searcher struct {
	z       zset.ZSet
	shape   *Shape
	fn      func(*Match) bool
	scan    zset.Scan
	visit   func(at zset.Place, score float64) bool // look, bound once
	areas   []scores                                // that have been searched
	stopped bool                                    // fn has said no
	m       Match

	// Of the present range of scores: how many points may still be looked at, and where to go on.
	left int
	next uint64

	gathering bool // matches are kept in found
	found     []Match
}

// scores is a range of them, without to.
type scores struct{ from, to uint64 }

func (r scores) hold(score uint64) bool { return score >= r.from && score < r.to }

// Search is the Search of a new Searcher.
func Search(z zset.ZSet, s *Shape, fn func(*Match) bool) { new(Searcher).Search(z, s, fn) }

// Search passes the members of the sorted set that lie in the shape to fn until it says
// no, each once. They come in the order in which the field finds them; those that it
// would miss come last.
func (w *Searcher) Search(z zset.ZSet, s *Shape, fn func(*Match) bool) {
	if w.visit == nil {
		w.visit = w.look
	}
	w.z, w.shape, w.fn, w.stopped = z, s, fn, false
	w.areas = w.areas[:0]
	defer w.forget()
	var room [maxAreas]cell
	areas, whole := s.areas(room[:0])
	if !w.gather(areas) {
		for _, c := range areas {
			r := c.scores()
			if w.done(r.from) {
				continue
			}
			if !w.cell(c, r.from) {
				return
			}
			w.areas = append(w.areas, r)
		}
	}
	if !w.stopped && (whole || w.cell(cell{}, 0)) {
		w.each(scores{scoreEnd, lastScore}, math.MaxInt)
	}
}

// forget drops what the search has borrowed.
func (w *Searcher) forget() {
	w.z, w.shape, w.fn = zset.ZSet{}, nil, nil
	w.scan.Forget()
	w.found = w.found[:0]
}

// gather passes what matches in the areas, where they hold few points, and reports whether they
// do; if not it has passed nothing. Areas beside each other are often one range of scores, and
// finding where a range begins takes longer than looking at some points.
func (w *Searcher) gather(areas []cell) bool {
	if w.z.Len() <= neverSplit {
		return false
	}
	var order, room [maxAreas]scores
	ranges := room[:0]
	for i, c := range areas {
		order[i] = c.scores()
		if w.shape.touches(c.rect()) && !slices.Contains(ranges, order[i]) {
			ranges = append(ranges, order[i])
		}
	}
	slices.SortFunc(ranges, func(a, b scores) int { return cmp.Compare(a.from, b.from) })
	few := true
	w.gathering = true
	for i := 0; i < len(ranges) && few; {
		all, n := ranges[i], 1
		for i++; i < len(ranges) && ranges[i].from == all.to; i++ {
			all.to = ranges[i].to
			n++
		}
		few = w.each(all, n*splitAfter) == all.to
	}
	w.gathering = false
	if !few {
		w.found = w.found[:0]
		return false
	}
	for _, area := range order[:len(areas)] {
		for i := range w.found {
			if at := uint64(w.found[i].Score); !w.stopped && area.hold(at) && !w.done(at) {
				w.stopped = !w.fn(&w.found[i])
			}
		}
		w.areas = append(w.areas, area)
	}
	return true
}

// done reports whether the score lies in a cell that has been searched.
func (w *Searcher) done(score uint64) bool {
	for _, a := range w.areas {
		if a.hold(score) {
			return true
		}
	}
	return false
}

// cell passes what matches in the cell, from a score of it on, and has not been passed.
func (w *Searcher) cell(c cell, start uint64) bool {
	if !w.shape.touches(c.rect()) {
		return true
	}
	end := c.scores().to
	most := splitAfter
	if c.step == MaxStep || w.z.Len() <= neverSplit {
		most = math.MaxInt
	}
	next := w.each(scores{start, end}, most)
	if w.stopped || next >= end {
		return !w.stopped
	}
	for i := range uint32(4) {
		part := cell{c.x<<1 | i>>1, c.y<<1 | i&1, c.step + 1}
		if r := part.scores(); r.to > next && !w.cell(part, max(r.from, next)) {
			return false
		}
	}
	return true
}

// each passes what matches of the scores, looking at so many points at most. It returns
// the score to go on with, the end when there are no more.
func (w *Searcher) each(r scores, most int) (next uint64) {
	w.left, w.next = most, r.to
	w.z.EachBetween(&w.scan, float64(r.from), float64(r.to), w.visit)
	return w.next
}

// look looks at a point and reports whether to go on.
func (w *Searcher) look(place zset.Place, score float64) bool {
	at := uint64(score)
	if w.left == 0 {
		w.next = at
		return false
	}
	w.left--
	distance, ok := w.shape.Contains(FromScore(score))
	if !ok || w.done(at) {
		return true
	}
	w.m = Match{place, score, distance}
	if w.gathering {
		w.found = append(w.found, w.m)
		return true
	}
	w.stopped = !w.fn(&w.m)
	return !w.stopped
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
// shape. They are appended to room.
func (s *Shape) areas(room []cell) (list []cell, whole bool) {
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
	list = room
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
