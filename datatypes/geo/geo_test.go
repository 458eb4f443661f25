package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/zset"
)

func newZSet() zset.ZSet {
	return zset.New(&datatypes.Env{Limits: datatypes.DefaultLimits(), Rand: rand.New(rand.NewPCG(1, 1))})
}

// TestScores protects the index: scores, places and texts as Redis has them.
func TestScores(t *testing.T) {
	for _, c := range []struct {
		p     Point
		score float64
		lon   string
		lat   string
		text  string
	}{
		{Point{13.361389, 38.115556}, 3479099956230698, "13.36138933897018433", "38.11555639549629859", "sqc8b49rny0"},
		{Point{15.087269, 37.502669}, 3479447370796909, "15.08726745843887329", "37.50266842333162032", "sqdtr74hyu0"},
		{Point{-180, -85.05112878}, 0, "-179.99999731779098511", "-85.05112751263942528", ""},
	} {
		p := FromScore(c.p.Score())
		lon, lat := strconv.FormatFloat(p.Lon, 'f', 17, 64), strconv.FormatFloat(p.Lat, 'f', 17, 64)
		if c.p.Score() != c.score || lon != c.lon || lat != c.lat {
			t.Errorf("%v: %f %s %s", c.p, c.p.Score(), lon, lat)
		}
		if text := string(AppendHash(nil, c.score)); text != c.text && c.score > 0 {
			t.Errorf("%v: %s, want %s", c.p, text, c.text)
		}
	}
	if d := Distance(FromScore(3479099956230698), FromScore(3479447370796909)); math.Abs(d-166274.15156960033) > 1e-6 {
		t.Errorf("Palermo and Catania are %f m apart", d)
	}
	for _, p := range []Point{{180.1, 0}, {0, 85.1}, {-181, 0}, {0, -86}, {math.NaN(), 0}} {
		if p.Valid() == nil {
			t.Errorf("%v is valid", p)
		}
	}
}

// randomShape draws regions of all sizes in all places, the awkward ones more often.
func randomShape(r *rand.Rand) (*Shape, string) {
	center := Point{r.Float64()*360 - 180, r.Float64()*170 - 85}
	switch r.IntN(4) {
	case 0:
		center.Lon = 180 - r.Float64()*r.Float64()*3
		if r.IntN(2) == 0 {
			center.Lon = -center.Lon
		}
	case 1:
		center.Lat = 85.05 - r.Float64()*r.Float64()*20
		if r.IntN(2) == 0 {
			center.Lat = -center.Lat
		}
	}
	size := math.Pow(10, 3+r.Float64()*4.4)
	switch r.IntN(3) {
	case 0:
		return Circle(center, size), fmt.Sprintf("circle of %f m around %v", size, center)
	case 1:
		other := math.Pow(10, 3+r.Float64()*4.4)
		return Box(center, size, other), fmt.Sprintf("box of %f by %f m around %v", size, other, center)
	}
	n := 3 + r.IntN(5)
	list := make([]Point, n)
	for i := range list {
		list[i] = Point{
			min(max(center.Lon+(r.Float64()-0.5)*size/50000, -180), 180),
			min(max(center.Lat+(r.Float64()-0.5)*size/50000, -MaxLatitude), MaxLatitude),
		}
	}
	return Polygon(list), fmt.Sprintf("polygon %v", list)
}

// TestSearch protects completeness: a search finds what looking at every point finds, no
// more and nothing twice, with the poles, the antimeridian and half the earth included.
func TestSearch(t *testing.T) {
	for _, n := range []int{0, 1, 100, 20000} {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		z := newZSet()
		points := map[string]Point{}
		for i := range n {
			p := Point{r.Float64()*360 - 180, r.Float64()*2*MaxLatitude - MaxLatitude}
			switch r.IntN(8) {
			case 0:
				p.Lon = math.Copysign(180-r.Float64()*r.Float64(), p.Lon)
			case 1:
				p.Lat = math.Copysign(MaxLatitude-r.Float64()*r.Float64(), p.Lat)
			case 2: // many in one place
				p.Lon, p.Lat = 10+r.Float64()/10, 50+r.Float64()/10
			case 3:
				if i%50 == 0 {
					p.Lon = 180
				}
			}
			name := strconv.Itoa(i)
			z.Add([]byte(name), p.Score(), 0)
			points[name] = FromScore(p.Score())
		}
		rounds := 400
		if n < 20000 {
			rounds = 50
		}
		for round := range rounds {
			s, text := randomShape(r)
			if round%5 == 0 {
				s, text = Circle(Point{10 + r.Float64()/10, 50 + r.Float64()/10}, 1000+r.Float64()*9000), "circle in the middle"
			}
			var want, got []string
			for name, p := range points {
				if _, ok := s.Contains(p); ok {
					want = append(want, name)
				}
			}
			Search(z, s, func(m *Match) bool {
				z.EachAt(1, func(int) zset.Place { return m.Place }, func(_ int, member []byte) { got = append(got, string(member)) })
				p := FromScore(m.Score)
				if d := Distance(s.Center(), p); math.Abs(d-m.Distance) > 1e-6*max(d, 1) || p != points[got[len(got)-1]] {
					t.Fatalf("%s: the distance of %v is %f, not %f", text, p, m.Distance, d)
				}
				return true
			})
			sort.Strings(want)
			sort.Strings(got)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%d points, %s: found %d, want %d", n, text, len(got), len(want))
			}
		}
	}
}

// TestContains protects the shapes themselves, against formulas that do not share their
// shortcuts.
func TestContains(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	haversine := func(p, q Point) float64 {
		u, v := math.Sin(radians(q.Lat-p.Lat)/2), math.Sin(radians(q.Lon-p.Lon)/2)
		return 2 * EarthRadius * math.Asin(math.Sqrt(u*u+math.Cos(radians(p.Lat))*math.Cos(radians(q.Lat))*v*v))
	}
	hits := 0
	for range 200000 {
		s, text := randomShape(r)
		p := Point{r.Float64()*360 - 180, r.Float64()*170 - 85}
		if r.IntN(2) == 0 {
			p = Point{s.center.Lon + (r.Float64()-0.5)/2, s.center.Lat + (r.Float64()-0.5)/2}
			if p.Valid() != nil {
				continue
			}
		}
		want, edge := false, 0.0
		d := haversine(s.center, p)
		switch s.form {
		case circle:
			want, edge = d <= s.radius, d-s.radius
		case box:
			dy, dx := math.Abs(radians(p.Lat-s.center.Lat))*EarthRadius-s.height/2, haversine(p, Point{s.center.Lon, p.Lat})-s.width/2
			want, edge = dy <= 0 && dx <= 0, max(dy, dx)
		default:
			continue
		}
		got, ok := s.Contains(p)
		if ok != want && math.Abs(edge) > 1e-3 || ok && math.Abs(got-d) > 1e-2 {
			t.Fatalf("%s, %v: %v %f, want %v %f", text, p, ok, got, want, d)
		}
		if ok {
			hits++
		}
	}
	if hits < 1000 {
		t.Errorf("only %d hits", hits)
	}
}

// FuzzScore: any score that ZADD stores can be read as a point.
func FuzzScore(f *testing.F) {
	f.Add(0.0, 1000.0)
	f.Add(math.Inf(1), 5e6)
	f.Add(-1.5, 1.0)
	f.Fuzz(func(t *testing.T, score, radius float64) {
		p := FromScore(score)
		if p.Valid() != nil {
			t.Fatalf("%f is %v", score, p)
		}
		AppendHash(nil, score)
		if math.IsNaN(score) || math.IsNaN(radius) || radius < 0 {
			return
		}
		z := newZSet()
		z.Add([]byte("m"), score, 0)
		Search(z, Circle(p, radius), func(*Match) bool { return true })
	})
}

func BenchmarkSearch(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	z := newZSet()
	for i := range 500000 {
		z.Add([]byte("point:"+strconv.Itoa(i)), Point{5 + r.Float64()*10, 45 + r.Float64()*10}.Score(), 0)
	}
	for _, radius := range []float64{1000, 10000, 100000} {
		b.Run(fmt.Sprint(radius), func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				Search(z, Circle(Point{6 + r.Float64()*8, 46 + r.Float64()*8}, radius), func(*Match) bool {
					n++
					return true
				})
			}
			b.ReportMetric(float64(n)/float64(b.N), "found/op")
		})
	}
}
