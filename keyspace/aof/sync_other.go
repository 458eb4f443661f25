//go:build !linux

package aof

import "os"

// syncData forces what was written to a file to disk.
func syncData(f *os.File) error { return f.Sync() }
