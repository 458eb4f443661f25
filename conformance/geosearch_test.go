package conformance

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/geo"
)

// TestGeoSearch compares searches for points with the reference servers: sorted results in order,
// with their distances, the others as sets, and those that take any as a part of all. Where they
// differ, a look at every point must show that it was the other server which missed
// some: near poles, where longitudes start anew, and with very large radii.
func TestGeoSearch(t *testing.T) {
	queries := 500
	if s := os.Getenv("MEDLEY_GEO_QUERIES"); s != "" {
		queries, _ = strconv.Atoi(s)
	}
	for _, binary := range references(t) {
		server := startReference(t, binary)
		t.Run(server.Peer.String(), func(t *testing.T) {
			theirs, err := server.Target.Dial(2)
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			e, err := commands.Open(commands.Options{NoCron: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			g := &geoCompare{t: t, r: rand.New(rand.NewPCG(3, 4)), points: map[string]geo.Point{}}
			g.theirs = func(args []string) command.Value {
				v, err := theirs.Do(args...)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			g.ours = func(args []string) command.Value {
				list := make([]any, len(args))
				for i, a := range args {
					list[i] = a
				}
				v, _ := e.Do(context.Background(), list...)
				return v
			}
			g.fill(10_000)
			polygons := g.theirs([]string{"GEOSEARCH", "points", "BYPOLYGON", "3", "0", "0", "1", "0", "1", "1"}).Kind != command.Error
			for range queries {
				g.query(polygons)
			}
			t.Logf("%d queries found %d points; the other server missed some of %d queries", queries, g.found, g.missed)
			if g.missed*5 > queries || g.found < queries {
				t.Error("too few of the queries say anything")
			}
		})
	}
}

type geoCompare struct {
	t             *testing.T
	r             *rand.Rand
	points        map[string]geo.Point
	ours, theirs  func(args []string) command.Value
	found, missed int
}

// fill adds points, many of them close together.
func (g *geoCompare) fill(n int) {
	args := []string{"GEOADD", "points"}
	for i := range n {
		p := geo.Point{Lon: g.r.Float64()*360 - 180, Lat: g.r.Float64()*2*geo.MaxLatitude - geo.MaxLatitude}
		if i%3 == 0 {
			p = geo.Point{Lon: 8 + g.r.NormFloat64(), Lat: 47 + g.r.NormFloat64()}
		}
		name := strconv.Itoa(i)
		args = append(args, degree(p.Lon), degree(p.Lat), name)
		g.points[name] = geo.FromScore(p.Score())
	}
	if a, b := g.ours(args), g.theirs(args); a.Int != int64(n) || b.Int != a.Int {
		g.t.Fatalf("%v and %v points were added", a, b)
	}
}

func degree(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// query compares one random search.
func (g *geoCompare) query(polygons bool) {
	args, shape := g.region(polygons)
	sorted, count, anyOf := "", 0, false
	if g.r.IntN(3) > 0 {
		sorted = []string{"ASC", "DESC"}[g.r.IntN(2)]
		args = append(args, sorted)
	}
	if g.r.IntN(3) == 0 {
		count, anyOf = 1+g.r.IntN(50), g.r.IntN(2) == 0
		args = append(args, "COUNT", strconv.Itoa(count))
		if anyOf {
			args = append(args, "ANY")
		}
	}
	args = append(args, "WITHDIST")
	ours, theirs := g.matches(g.ours(args)), g.matches(g.theirs(args))
	g.found += len(theirs)
	if count > 0 && anyOf {
		g.partOf(args, ours, shape, count, sorted)
		return
	}
	if sorted == "" && count == 0 {
		slices.Sort(ours)
		slices.Sort(theirs)
	}
	if slices.EqualFunc(ours, theirs, sameMatch) {
		return
	}
	all := g.look(shape)
	if count == 0 && len(theirs) == len(all) || count > 0 && len(theirs) == min(count, len(all)) && len(ours) == len(theirs) && !g.lacks(theirs, all) {
		at := 0
		for at < min(len(ours), len(theirs)) && sameMatch(ours[at], theirs[at]) {
			at++
		}
		g.t.Fatalf("%q: %d matches, want %d; from number %d on %q, want %q", args, len(ours), len(theirs), at, head(ours[at:]), head(theirs[at:]))
	}
	g.missed++
	if want := len(all); count > 0 && len(ours) != min(want, count) || count == 0 && len(ours) != want {
		g.t.Fatalf("%q: %d matches, %d points are there", args, len(ours), want)
	}
}

// sameMatch reports whether matches are the same. Mathematical libraries differ in the last bit, and so
// servers that use the same formula differ, once in a million points, in the last digit that is
// shown of a distance.
func sameMatch(a, b string) bool {
	if a == b {
		return true
	}
	var name, other string
	var d, e float64
	fmt.Sscan(a, &name, &d)
	fmt.Sscan(b, &other, &e)
	return name == other && math.Abs(d-e) < 1.5e-4
}

func head(list []string) []string { return list[:min(len(list), 3)] }

// lacks reports whether results that are sorted lack a point that is nearer, or farther, than one of them:
// the point at their end, by its distance from the centre, would not be there.
func (g *geoCompare) lacks(matches []string, all map[string]float64) bool {
	far, near := 0.0, math.Inf(1)
	in := map[string]bool{}
	for _, m := range matches {
		var name string
		var d float64
		fmt.Sscan(m, &name, &d)
		in[name] = true
		far, near = max(far, all[name]), min(near, all[name])
	}
	closer, farther := false, false
	for name, d := range all {
		if !in[name] {
			closer, farther = closer || d < far, farther || d > near
		}
	}
	return closer && farther
}

// partOf wants so many of the points in the shape, sorted if that was said.
func (g *geoCompare) partOf(args, ours []string, shape *geo.Shape, count int, sorted string) {
	all := g.look(shape)
	last := math.NaN()
	for _, m := range ours {
		var name string
		var d float64
		fmt.Sscan(m, &name, &d)
		if _, ok := all[name]; !ok {
			g.t.Fatalf("%q: %s is not there", args, m)
		}
		if sorted == "ASC" && d < last || sorted == "DESC" && d > last {
			g.t.Fatalf("%q: %s is not in order", args, m)
		}
		last = d
	}
	seen := slices.Clone(ours)
	slices.Sort(seen)
	if len(ours) != min(count, len(all)) || len(slices.Compact(seen)) != len(ours) {
		g.t.Fatalf("%q: %d matches of %d", args, len(ours), len(all))
	}
}

// look returns the distances of all points in the shape, in metres.
func (g *geoCompare) look(shape *geo.Shape) map[string]float64 {
	all := map[string]float64{}
	for name, p := range g.points {
		if d, ok := shape.Contains(p); ok {
			all[name] = d
		}
	}
	return all
}

// region returns a search in a random region. One in eight lies where servers of the field miss points.
func (g *geoCompare) region(polygons bool) ([]string, *geo.Shape) {
	center := geo.Point{Lon: g.r.Float64()*340 - 170, Lat: g.r.Float64()*140 - 70}
	size := math.Round(math.Pow(10, 3+g.r.Float64()*3)) // metres
	switch {
	case g.r.IntN(2) == 0:
		center = geo.Point{Lon: 8 + g.r.NormFloat64(), Lat: 47 + g.r.NormFloat64()}
	case g.r.IntN(4) == 0:
		center = geo.Point{Lon: math.Copysign(180-g.r.Float64(), center.Lon), Lat: math.Copysign(85-g.r.Float64()*10, center.Lat)}
		size *= 5
	}
	args := []string{"GEOSEARCH", "points"}
	if polygons && g.r.IntN(3) == 0 {
		n := 3 + g.r.IntN(4)
		vertices := make([]geo.Point, n)
		args = append(args, "BYPOLYGON", strconv.Itoa(n))
		for i := range vertices {
			// Around the centre, so that no edges cross.
			angle, far := (float64(i)+g.r.Float64()*0.9)/float64(n)*2*math.Pi, size/150_000*(0.3+g.r.Float64()) // degrees
			vertices[i] = geo.Point{
				Lon: min(max(center.Lon+far*math.Cos(angle), -180), 180),
				Lat: min(max(center.Lat+far*math.Sin(angle), -geo.MaxLatitude), geo.MaxLatitude),
			}
			args = append(args, degree(vertices[i].Lon), degree(vertices[i].Lat))
		}
		return args, geo.Polygon(vertices)
	}
	if g.r.IntN(4) == 0 {
		name := strconv.Itoa(g.r.IntN(len(g.points)))
		center = g.points[name]
		args = append(args, "FROMMEMBER", name)
	} else {
		args = append(args, "FROMLONLAT", degree(center.Lon), degree(center.Lat))
	}
	if g.r.IntN(2) == 0 {
		return append(args, "BYRADIUS", degree(size), "m"), geo.Circle(center, size)
	}
	other := math.Round(size * (0.2 + g.r.Float64()))
	return append(args, "BYBOX", degree(size), degree(other), "m"), geo.Box(center, size, other)
}

// matches returns each match as its member and its distance.
func (g *geoCompare) matches(v command.Value) []string {
	if v.Kind != command.Array {
		g.t.Fatalf("the reply is %v", v)
	}
	list := make([]string, len(v.Elems))
	for i, m := range v.Elems {
		list[i] = m.Elems[0].Str + " " + m.Elems[1].Str
	}
	return list
}
