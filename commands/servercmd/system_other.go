//go:build !linux

package servercmd

import "runtime"

func osName() string { return runtime.GOOS + " " + runtime.GOARCH }

// residentBytes returns what the Go runtime has of the system: the closest figure
// without asking the system itself.
func residentBytes() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

func systemMemory() int64 { return 0 }
