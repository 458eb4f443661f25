package geocmd

import (
	"math"
	"slices"
	"sync"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/geo"
	"github.com/medleydb/medley/datatypes/zset"
)

// A kind is a family of the search commands: they share their options, but not all.
type kind uint8

const (
	search       kind = iota // GEOSEARCH
	searchStore              // GEOSEARCHSTORE
	radius                   // GEORADIUS
	radiusMember             // GEORADIUSBYMEMBER
)

func (k kind) isSearch() bool { return k <= searchStore }

// A query is what a search command asks for.
type query struct {
	kind     kind
	name     []byte // of the command, as it was given
	readOnly bool   // no STORE
	z        zset.ZSet
	exists   bool // whether there is a sorted set at all

	center    geo.Point
	hasMember bool
	hasCenter bool
	radius    float64
	width     float64
	height    float64
	metres    float64 // of the unit
	byRadius  bool
	byBox     bool
	vertices  []geo.Point // of a polygon

	withDist, withHash, withCoord bool
	count                         int64 // 0 for all
	any                           bool
	sort                          int // 1 ascending, -1 descending

	storeKey  []byte
	storeDist bool
}

var (
	errRadius         = command.Errorf("need numeric radius")
	errNegativeRadius = command.Errorf("radius cannot be negative")
	errWidth          = command.Errorf("need numeric width")
	errHeight         = command.Errorf("need numeric height")
	errNegativeBox    = command.Errorf("height or width cannot be negative")
	errMember         = command.Errorf("could not decode requested zset member")
	errCount          = command.Errorf("COUNT must be > 0")
	errVertices       = command.Errorf("invalid number of vertices")
	errAny            = command.Errorf("the ANY argument requires COUNT argument")
)

// parse takes what follows the key. Like servers of the field it has looked the key
// up before: members are found while arguments are read.
func (q *query) parse(c *command.Context) error {
	a := &c.Args
	switch q.kind {
	case radius:
		q.center = point(a)
		q.takeRadius(a)
	case radiusMember:
		if q.exists {
			q.takeMember(a)
			q.takeRadius(a)
		} else {
			a.Take(3) // nothing will be found, whatever they say
		}
	}
	for a.More() {
		if !q.option(a) && !q.shape(a) {
			a.Fail(command.ErrSyntax)
		}
	}
	if err := a.Err(); err != nil {
		return err
	}
	return q.check()
}

// takeMember takes a member, whose place is the centre.
func (q *query) takeMember(a *command.Args) {
	m := a.Bytes()
	q.hasMember = true
	if !q.exists || a.Err() != nil {
		return
	}
	score, ok := q.z.Score(m)
	if !ok {
		a.Fail(errMember)
		return
	}
	q.center = geo.FromScore(score)
}

// takeRadius takes a radius and its unit.
func (q *query) takeRadius(a *command.Args) {
	q.radius = length(a, errRadius)
	if q.radius < 0 {
		a.Fail(errNegativeRadius)
	}
	q.metres = unit(a)
	q.byRadius = true
}

// takeBox takes a width, a height and their unit.
func (q *query) takeBox(a *command.Args) {
	q.width, q.height = length(a, errWidth), length(a, errHeight)
	if q.width < 0 || q.height < 0 {
		a.Fail(errNegativeBox)
	}
	q.metres = unit(a)
	q.byBox = true
}

// takePolygon takes a number of vertices and these.
func (q *query) takePolygon(a *command.Args) {
	n := a.IntIn(math.MinInt32, math.MaxInt32, errVertices)
	if a.Err() == nil && (n < 3 || int(n) > a.Len()/2) {
		a.Fail(command.Errorf("GEOSEARCH BYPOLYGON must have at least 3 vertices"))
	}
	if a.Err() != nil {
		return
	}
	q.vertices = make([]geo.Point, n)
	for i := range q.vertices {
		q.vertices[i] = point(a)
	}
	q.metres = 1
}

// option takes an option other than the shape and its centre.
func (q *query) option(a *command.Args) bool {
	switch {
	case a.Word("WITHDIST"):
		q.withDist = true
	case a.Word("WITHHASH"):
		q.withHash = true
	case a.Word("WITHCOORD"):
		q.withCoord = true
	case a.Word("ANY"):
		q.any = true
	case a.Word("ASC"):
		q.sort = 1
	case a.Word("DESC"):
		q.sort = -1
	case a.Option("COUNT", 1):
		if q.count = a.IntOr(datatypes.ErrNotInteger); q.count <= 0 {
			a.Fail(errCount)
		}
	case !q.readOnly && !q.kind.isSearch() && a.Option("STORE", 1):
		q.storeKey, q.storeDist = a.Key(), false
	case !q.readOnly && !q.kind.isSearch() && a.Option("STOREDIST", 1):
		q.storeKey, q.storeDist = a.Key(), true
	case q.kind == searchStore && a.Word("STOREDIST"):
		q.storeDist = true
	default:
		return false
	}
	return true
}

// shape takes the shape or its centre, as GEOSEARCH has them.
func (q *query) shape(a *command.Args) bool {
	plain := q.vertices == nil
	switch {
	case !q.kind.isSearch():
		return false
	case plain && !q.hasCenter && a.Option("FROMMEMBER", 1):
		q.takeMember(a)
	case plain && !q.hasMember && a.Option("FROMLONLAT", 2):
		q.center = point(a)
		q.hasCenter = true
	case plain && !q.byBox && a.Option("BYRADIUS", 2):
		q.takeRadius(a)
	case plain && !q.byRadius && a.Option("BYBOX", 3):
		q.takeBox(a)
	case !q.byRadius && !q.byBox && !q.hasMember && !q.hasCenter && a.Option("BYPOLYGON", 1):
		q.takePolygon(a)
	default:
		return false
	}
	return true
}

// check reports what options do not go together.
func (q *query) check() error {
	if q.storeKey != nil && (q.withDist || q.withHash || q.withCoord) {
		what := "STORE option in GEORADIUS"
		if q.kind == searchStore {
			what = "GEOSEARCHSTORE"
		}
		return command.Errorf("%s is not compatible with WITHDIST, WITHHASH and WITHCOORD options", what)
	}
	if q.kind.isSearch() && q.vertices == nil {
		if !q.hasMember && !q.hasCenter {
			return command.Errorf("exactly one of FROMMEMBER or FROMLONLAT can be specified for %s", q.name)
		}
		if !q.byRadius && !q.byBox {
			return command.Errorf("exactly one of BYRADIUS and BYBOX can be specified for %s", q.name)
		}
	}
	if q.any && q.count == 0 {
		return errAny
	}
	if q.count != 0 && q.sort == 0 && !q.any {
		q.sort = 1 // the nearest ones are what makes sense
	}
	return nil
}

// region returns the shape in metres.
func (q *query) region() *geo.Shape {
	switch {
	case q.vertices != nil:
		return geo.Polygon(q.vertices)
	case q.byBox:
		return geo.Box(q.center, q.width*q.metres, q.height*q.metres)
	}
	return geo.Circle(q.center, q.radius*q.metres)
}

// results is what a query has found, and the room to search in. It is used again and again.
type results struct {
	q      *query
	list   []geo.Match // with distances in the query's unit
	search geo.Searcher
	keep   func(*geo.Match) bool // add, bound once
}

var searching = sync.Pool{New: func() any {
	r := &results{}
	r.keep = r.add
	return r
}}

// keptResults is for how many points room is kept.
const keptResults = 4096

// done gives the room back.
func (r *results) done() {
	if cap(r.list) > keptResults {
		r.list = nil
	}
	r.q, r.list = nil, r.list[:0]
	searching.Put(r)
}

// add takes a match and reports whether more are wanted.
func (r *results) add(m *geo.Match) bool {
	f := *m
	f.Distance /= r.q.metres
	r.list = append(r.list, f)
	return !r.q.any || int64(len(r.list)) < r.q.count
}

// each passes what was found to fn. fn must not change the sorted set.
func (r *results) each(fn func(m *geo.Match, member []byte)) {
	r.q.z.EachAt(len(r.list), func(i int) zset.Place { return r.list[i].Place },
		func(i int, member []byte) { fn(&r.list[i], member) })
}

// run searches, sorts and cuts.
func (q *query) run() *results {
	r := searching.Get().(*results)
	r.q = q
	if !q.exists {
		return r
	}
	r.search.Search(q.z, q.region(), r.keep)
	if q.sort != 0 {
		slices.SortStableFunc(r.list, func(a, b geo.Match) int {
			switch {
			case a.Distance < b.Distance:
				return -q.sort
			case a.Distance > b.Distance:
				return q.sort
			}
			return 0
		})
	}
	if q.count > 0 && int64(len(r.list)) > q.count {
		r.list = r.list[:q.count]
	}
	return r
}

// reply replies what was found, with what was asked for of each.
func (q *query) reply(c *command.Context, r *results) {
	parts := 1
	for _, with := range [...]bool{q.withDist, q.withHash, q.withCoord} {
		if with {
			parts++
		}
	}
	c.Reply.Array(len(r.list))
	r.each(func(m *geo.Match, member []byte) {
		if parts > 1 {
			c.Reply.Array(parts)
		}
		c.Reply.Bulk(member)
		if q.withDist {
			replyDistance(c, m.Distance)
		}
		if q.withHash {
			c.Reply.Int(int64(m.Score))
		}
		if q.withCoord {
			replyPoint(c, geo.FromScore(m.Score))
		}
	})
}
