// Package disk is how snapshots and journals write: the few operations on which it depends what is
// there after a power cut. Files are read as any others.
//
// A file's bytes are certain to outlast a power cut once Sync or SyncData has returned, and its
// name, or the want of it, once SyncDir of the folder has: two things, of which neither brings the
// other along. Package powercut has a system that loses everything else.
package disk

import (
	"errors"
	"io"
	"os"
)

// A System has files.
type System interface {
	// Open opens a file to write to it; flag and the errors are those of package os.
	Open(path string, flag int) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	// Mkdir makes a folder, which may be there already.
	Mkdir(path string) error
	// SyncDir forces the names in a folder to disk, where the system can.
	SyncDir(path string) error
}

// A File is open for writing.
type File interface {
	io.WriteCloser
	Name() string
	Truncate(size int64) error
	// Sync forces what was written to disk.
	Sync() error
	// SyncData is Sync that leaves out what is told about the file and not needed to read it.
	SyncData() error
}

// OS is the operating system's.
var OS System = system{}

type system struct{}

type file struct{ *os.File }

func (f file) SyncData() error { return syncData(f.File) }

func (system) Open(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag, 0o644)
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (system) Rename(from, to string) error { return os.Rename(from, to) }
func (system) Remove(path string) error     { return os.Remove(path) }
func (system) Mkdir(path string) error      { return os.MkdirAll(path, 0o755) }

func (system) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, os.ErrInvalid) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
