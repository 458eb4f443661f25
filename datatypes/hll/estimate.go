package hll

import (
	"encoding/binary"
	"math"
)

// A histogram holds how many registers have each value.
type histogram [64]int

// histogram counts the registers. Error: ErrCorrupted.
func (h HLL) histogram(hist *histogram) error {
	b := h.bytes()
	if h.Dense() {
		hist.addDense(b[headerSize:])
		return nil
	}
	return eachRun(b[headerSize:], func(r run, _ int) { hist[r.value] += r.n })
}

// addDense counts registers of 6 bits. Four counters for each value keep one
// increment from waiting for the one before, since neighbours are often equal.
func (hist *histogram) addDense(p []byte) {
	var c [4][64]uint32
	for ; len(p) >= 6; p = p[6:] {
		w := uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint16(p[4:]))<<32
		c[0][w&63]++
		c[1][w>>6&63]++
		c[2][w>>12&63]++
		c[3][w>>18&63]++
		c[0][w>>24&63]++
		c[1][w>>30&63]++
		c[2][w>>36&63]++
		c[3][w>>42&63]++
	}
	for i := range hist {
		hist[i] += int(c[0][i] + c[1][i] + c[2][i] + c[3][i])
	}
}

// estimate returns the number of elements by Otmar Ertl's estimator ("New cardinality
// estimation algorithms for HyperLogLog sketches", 2017), which needs no tables
// and no switch between small and large numbers. Products are converted where a sum
// follows, so that no machine joins the two in one rounding: the result is the same
// everywhere.
func (hist *histogram) estimate() uint64 {
	const (
		m        = float64(Registers)
		alphaInf = 0.721347520444481703680 // 0.5/ln 2
	)
	z := float64(m * tau((m-float64(hist[rankBits+1]))/m))
	for k := rankBits; k >= 1; k-- {
		z = (z + float64(hist[k])) * 0.5
	}
	z += float64(m * sigma(float64(hist[0])/m))
	return uint64(math.Round(alphaInf * m * m / z))
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		last := z
		z += float64(x * y)
		y += y
		if z == last {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		last := z
		y *= 0.5
		d := 1 - x
		z -= float64(float64(d*d) * y)
		if z == last {
			return z / 3
		}
	}
}
