//go:build !linux

package bench

// longestCPU is known on Linux only.
func longestCPU(holdLoad, int, int) (float64, error) { return 0, nil }
