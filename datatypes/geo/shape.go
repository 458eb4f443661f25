package geo

import (
	"math"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// A Shape is a region that can be searched.
type Shape struct {
	form          form
	center        Point
	latLng        s2.LatLng // of the centre
	radius        float64   // metres, of a circle around it that holds the whole shape
	width, height float64   // metres, of a box
	vertices      []Point   // of a polygon
	bounds        bounds
}

type form uint8

const (
	circle form = iota
	box
	polygon
)

// Bounds hold a shape: latitudes from south to north, and longitudes up to so many
// degrees (180 for all) to both sides of the centre; those of a polygon from west to east.
type bounds struct {
	south, north float64
	lon          float64
	west, east   float64
}

// slack widens bounds by what rounding may take, in degrees: a tenth of a millimetre.
const slack = 1e-9

// Circle returns the circle around a point, with its radius in metres.
func Circle(center Point, radius float64) *Shape {
	s := &Shape{form: circle, center: center, latLng: center.latLng(), radius: radius}
	angle := radius / EarthRadius
	s.band(degrees(angle))
	s.bounds.lon = 180
	if north, south := radians(center.Lat)+angle, radians(center.Lat)-angle; north < math.Pi/2 && south > -math.Pi/2 {
		s.bounds.lon = degrees(math.Asin(min(math.Sin(angle)/math.Cos(radians(center.Lat)), 1))) + slack
	}
	s.sides()
	return s
}

// Box returns the box around a point whose sides run along meridians and parallels, with
// its width and height in metres.
func Box(center Point, width, height float64) *Shape {
	s := &Shape{form: box, center: center, latLng: center.latLng(), width: width, height: height}
	s.radius = math.Hypot(width/2, height/2)
	s.band(degrees(height / 2 / EarthRadius))
	s.bounds.lon = s.reach(max(math.Abs(s.bounds.south), math.Abs(s.bounds.north)))
	s.sides()
	return s
}

// band sets the latitudes of bounds.
func (s *Shape) band(half float64) {
	s.bounds.south, s.bounds.north = s.center.Lat-half-slack, s.center.Lat+half+slack
}

func (s *Shape) sides() {
	s.bounds.west, s.bounds.east = s.center.Lon-s.bounds.lon, s.center.Lon+s.bounds.lon
}

// reach returns how many degrees from its centre a box goes on a parallel.
func (s *Shape) reach(lat float64) float64 {
	quarter := s.width / 4 / EarthRadius
	if quarter >= math.Pi/2 || math.Abs(lat) >= 90 {
		return 180
	}
	sin := math.Sin(quarter) / math.Cos(radians(lat))
	if sin >= 1 {
		return 180
	}
	return 2*degrees(math.Asin(sin)) + slack
}

// Polygon returns the polygon of the vertices, at least three. Its edges are straight on a
// map of plain degrees, and it does not go across the antimeridian: that is how Valkey
// has it. Its centre is the middle of the vertices on the sphere.
func Polygon(vertices []Point) *Shape {
	s := &Shape{form: polygon, vertices: vertices}
	var sum r3.Vector
	b := bounds{south: 90, north: -90, west: 180, east: -180}
	for _, v := range vertices {
		sum = sum.Add(s2.PointFromLatLng(v.latLng()).Vector)
		b.south, b.north = min(b.south, v.Lat), max(b.north, v.Lat)
		b.west, b.east = min(b.west, v.Lon), max(b.east, v.Lon)
	}
	s.latLng = s2.LatLngFromPoint(s2.Point{Vector: sum.Normalize()})
	s.center = Point{s.latLng.Lng.Degrees(), s.latLng.Lat.Degrees()}
	for _, v := range vertices {
		s.radius = max(s.radius, Distance(s.center, v))
	}
	b.lon = max(s.center.Lon-b.west, b.east-s.center.Lon)
	s.bounds = b
	return s
}

// Center returns the point that distances are measured from.
func (s *Shape) Center() Point { return s.center }

// Contains reports whether the shape holds the point, and its distance from the centre in
// metres.
func (s *Shape) Contains(p Point) (distance float64, ok bool) {
	if p.Lat < s.bounds.south || p.Lat > s.bounds.north {
		return 0, false
	}
	switch s.form {
	case polygon:
		if !s.inside(p) {
			return 0, false
		}
	case box:
		if latDistance(p.Lat, s.center.Lat) > s.height/2 || Distance(p, Point{s.center.Lon, p.Lat}) > s.width/2 {
			return 0, false
		}
	case circle:
		if s.bounds.lon < 180 && lonDifference(p.Lon, s.center.Lon) > s.bounds.lon {
			return 0, false
		}
		distance = float64(s.latLng.Distance(p.latLng())) * EarthRadius
		return distance, distance <= s.radius
	}
	return float64(s.latLng.Distance(p.latLng())) * EarthRadius, true
}

// lonDifference returns how many degrees lie between two longitudes, the shorter way.
func lonDifference(a, b float64) float64 {
	d := math.Abs(a - b)
	return min(d, 360-d)
}

// inside casts a ray from the point along its parallel and counts the edges that it
// crosses: an odd number of them from inside.
func (s *Shape) inside(p Point) (in bool) {
	a := s.vertices[len(s.vertices)-1]
	for _, b := range s.vertices {
		if (b.Lat > p.Lat) != (a.Lat > p.Lat) && p.Lon < (a.Lon-b.Lon)*(p.Lat-b.Lat)/(a.Lat-b.Lat)+b.Lon {
			in = !in
		}
		a = b
	}
	return in
}

// touches reports whether the shape may hold points of the rectangle; false is certain.
func (s *Shape) touches(r rectangle) bool {
	if r.latHi < s.bounds.south || r.latLo > s.bounds.north {
		return false
	}
	switch s.form {
	case polygon:
		return r.lonHi >= s.bounds.west && r.lonLo <= s.bounds.east
	case box:
		lat := max(math.Abs(max(r.latLo, s.bounds.south)), math.Abs(min(r.latHi, s.bounds.north)))
		return lonGap(r, s.center.Lon) <= s.reach(lat)
	}
	if s.bounds.lon < 180 && lonGap(r, s.center.Lon) > s.bounds.lon {
		return false
	}
	rect := s2.Rect{
		Lat: r1.Interval{Lo: radians(r.latLo), Hi: radians(r.latHi)},
		Lng: s1.IntervalFromEndpoints(max(radians(r.lonLo), -math.Pi), min(radians(r.lonHi), math.Pi)),
	}
	return float64(rect.DistanceToLatLng(s.latLng)) <= s.radius/EarthRadius+radians(slack)
}

// lonGap returns how many degrees of longitude lie between a rectangle and a meridian.
func lonGap(r rectangle, lon float64) float64 {
	if lon >= r.lonLo && lon <= r.lonHi {
		return 0
	}
	return min(lonDifference(lon, r.lonLo), lonDifference(lon, r.lonHi))
}
