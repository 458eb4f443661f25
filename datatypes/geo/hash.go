// Package geo implements points on the earth over sorted sets: their scores, distances,
// and searches within circles, boxes and polygons.
//
// # The score
//
// A point is a member whose score is its geohash: 26 bits each of longitude and latitude,
// as fractions of the ranges below, interleaved with the longitude's bit first. That is
// what servers of the field store and show (ZSCORE, GEOHASH), so it is the only
// index there is. A cell is the points whose hashes share the first 2*step bits: a range
// of scores, a rectangle of degrees, and four cells of the next step.
//
// # The search
//
// The field looks at the nine cells around the centre whose size goes with that of the
// searched region, in an order that unsorted replies show, and misses points where cells and
// degrees go apart: around the poles, across the antimeridian, and in regions as large as
// a continent. Here the same cells come first, in the same order. A cell of many
// points is taken apart into its four, as long as that leaves some out. Where the nine
// do not certainly hold the whole region, the rest of the earth is searched in the same
// way (search.go).
//
// Distances are those of a sphere with the field's radius, by golang/geo/s2.
package geo

import (
	"errors"
	"math"

	"github.com/golang/geo/s2"
)

// The ranges of what a score holds, in degrees: latitudes near the poles have none, as on
// maps of the web (EPSG:3857).
const (
	MaxLongitude = 180.0
	MaxLatitude  = 85.05112878
)

// EarthRadius is the radius of the earth in metres that the field reckons with.
const EarthRadius = 6372797.560856

// MaxStep is the number of bits of each coordinate in a score.
const MaxStep = 26

// ErrOutOfRange: coordinates that no score holds.
var ErrOutOfRange = errors.New("invalid longitude, latitude pair")

// A Point is a place in degrees.
type Point struct{ Lon, Lat float64 }

// Valid reports whether a score can hold the point. Error: ErrOutOfRange.
func (p Point) Valid() error {
	if p.Lon >= -MaxLongitude && p.Lon <= MaxLongitude && p.Lat >= -MaxLatitude && p.Lat <= MaxLatitude {
		return nil
	}
	return ErrOutOfRange
}

func (p Point) latLng() s2.LatLng { return s2.LatLngFromDegrees(p.Lat, p.Lon) }

// Distance returns the distance in metres.
func Distance(p, q Point) float64 { return float64(p.latLng().Distance(q.latLng())) * EarthRadius }

// latDistance returns the distance in metres of two latitudes on one meridian.
func latDistance(a, b float64) float64 { return EarthRadius * math.Abs(radians(a)-radians(b)) }

func radians(deg float64) float64 { return deg * (math.Pi / 180) }
func degrees(rad float64) float64 { return rad / (math.Pi / 180) }

// Score returns the point's score.
func (p Point) Score() float64 { return float64(hash(p, MaxLatitude, MaxStep)) }

// hash interleaves the coordinates in so many bits each, for latitudes up to maxLat.
func hash(p Point, maxLat float64, step int) uint64 {
	scale := float64(uint64(1) << step)
	lat := (p.Lat + maxLat) / (maxLat + maxLat) * scale
	lon := (p.Lon + MaxLongitude) / (MaxLongitude + MaxLongitude) * scale
	return spread(uint32(lat)) | spread(uint32(lon))<<1
}

// FromScore returns the middle of the smallest cell that a score stands for.
func FromScore(score float64) Point {
	x, y := columns(uint64(score))
	c := rect(x, y, MaxStep)
	return Point{
		min(max((c.lonLo+c.lonHi)/2, -MaxLongitude), MaxLongitude),
		min(max((c.latLo+c.latHi)/2, -MaxLatitude), MaxLatitude),
	}
}

// columns takes a hash apart into the numbers of its column (longitude) and row.
func columns(h uint64) (x, y uint32) { return gather(h >> 1), gather(h) }

// A rectangle is a cell in degrees.
type rectangle struct{ lonLo, lonHi, latLo, latHi float64 }

// rect returns the rectangle of a cell.
func rect(x, y uint32, step int) rectangle {
	part := 1 / float64(uint64(1)<<step)                                              // exactly
	at := func(i, limit float64) float64 { return float64(i*part*(2*limit)) - limit } // rounded twice on every machine
	return rectangle{
		at(float64(x), MaxLongitude), at(float64(x)+1, MaxLongitude),
		at(float64(y), MaxLatitude), at(float64(y)+1, MaxLatitude),
	}
}

// spread puts zero bits between the bits of v.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// gather takes every second bit of x, from the lowest on.
func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// HashText is the length of a geohash in text.
const HashText = 11

// AppendHash appends the geohash of a score in text, as geohash.org defines it: 5 bits a
// letter, of a hash whose latitudes go up to the poles. The last letter has no bits left
// and is always 0.
func AppendHash(dst []byte, score float64) []byte {
	const letters = "0123456789bcdefghjkmnpqrstuvwxyz"
	h := hash(FromScore(score), 90, MaxStep)
	for i := 1; i < HashText; i++ {
		dst = append(dst, letters[h>>(2*MaxStep-5*i)&31])
	}
	return append(dst, letters[0])
}
