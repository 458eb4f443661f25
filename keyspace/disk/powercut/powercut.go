// Package powercut has files of which a power cut leaves no more than what was forced to disk.
//
// The files are real ones, to be read as any others. Beside them the System keeps what the disk is
// certain to have: of each file the bytes of its last Sync, and of each folder the names of its
// last SyncDir. Image writes down what a power cut at this moment could leave: that, and of what
// was written since then nothing, or the beginning of it, as chance has it. Names change in the
// order of the calls, as they do where a file system has a journal of its own; bytes keep no order
// with them, so that a file may have its new name and nothing in it.
package powercut

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/medleydb/medley/keyspace/disk"
)

// A System implements disk.System beneath one folder.
type System struct {
	// Before, if it is set, is called before everything that is done to a file or to names: the
	// moments between which a power cut makes a difference.
	Before func()

	root string

	mu      sync.Mutex
	names   map[string]*inode // as the programs see them; folders have nil
	certain map[string]*inode // as the disk has them
	pending []change          // of names
	syncs   int               // of files and folders
}

// An inode is a file whatever its name.
type inode struct {
	written []byte
	synced  []byte
}

// A change is what one call does to names.
type change struct {
	from, to string // from is "" for a new file, to for one that is removed
	node     *inode
}

// New returns a System for the files in a folder, which is empty.
func New(root string) *System {
	return &System{root: root, names: map[string]*inode{}, certain: map[string]*inode{}}
}

// Syncs returns how often something was forced to disk.
func (s *System) Syncs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.syncs
}

func (s *System) before() {
	if s.Before != nil {
		s.Before()
	}
}

// apply does a change to names.
func (c change) apply(names map[string]*inode) {
	if c.from != "" {
		delete(names, c.from)
	}
	if c.to != "" {
		names[c.to] = c.node
	}
}

func (s *System) change(c change) {
	c.apply(s.names)
	s.pending = append(s.pending, c)
}

type file struct {
	disk.File
	s      *System
	node   *inode
	append bool
	at     int
}

// Open implements disk.System.
func (s *System) Open(path string, flag int) (disk.File, error) {
	s.before()
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := disk.OS.Open(path, flag)
	if err != nil {
		return nil, err
	}
	node := s.names[path]
	if node == nil {
		node = &inode{}
		s.change(change{to: path, node: node})
	}
	if flag&os.O_TRUNC != 0 {
		node.written = nil
	}
	return &file{File: f, s: s, node: node, append: flag&os.O_APPEND != 0}, nil
}

func (f *file) Write(b []byte) (int, error) {
	f.s.before()
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	n, err := f.File.Write(b)
	if f.append {
		f.at = len(f.node.written)
	}
	if end := f.at + n; end > len(f.node.written) {
		f.node.written = append(f.node.written, make([]byte, end-len(f.node.written))...)
	}
	f.at += copy(f.node.written[f.at:], b[:n])
	return n, err
}

func (f *file) Truncate(size int64) error {
	f.s.before()
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.node.written = slices.Clone(f.node.written[:min(int(size), len(f.node.written))])
	return f.File.Truncate(size)
}

func (f *file) Sync() error { return f.SyncData() }

func (f *file) SyncData() error {
	f.s.before()
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	f.s.syncs++
	f.node.synced = slices.Clone(f.node.written)
	return nil
}

// Rename implements disk.System.
func (s *System) Rename(from, to string) error {
	s.before()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(from, to); err != nil {
		return err
	}
	s.change(change{from, to, s.names[from]})
	return nil
}

// Remove implements disk.System.
func (s *System) Remove(path string) error {
	s.before()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Remove(path); err != nil {
		return err
	}
	s.change(change{from: path})
	return nil
}

// Mkdir implements disk.System.
func (s *System) Mkdir(path string) error {
	s.before()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := disk.OS.Mkdir(path); err != nil {
		return err
	}
	if _, there := s.names[path]; !there {
		s.change(change{to: path})
	}
	return nil
}

// SyncDir implements disk.System.
func (s *System) SyncDir(path string) error {
	s.before()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncs++
	s.pending = slices.DeleteFunc(s.pending, func(c change) bool {
		from, to := c.from != "" && filepath.Dir(c.from) == path, c.to != "" && filepath.Dir(c.to) == path
		if from || to { // a file that moves from folder to folder has both names or the new one
			c.apply(s.certain)
		}
		return from || to
	})
	return nil
}

// Image writes to a folder what a power cut at this moment could leave. Without chance it is as
// little as can be.
func (s *System) Image(folder string, chance *rand.Rand) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]*inode{}
	for path, node := range s.certain {
		names[path] = node
	}
	if chance != nil {
		for _, c := range s.pending[:chance.IntN(len(s.pending)+1)] {
			c.apply(names)
		}
	}
	paths := make([]string, 0, len(names))
	for path := range names {
		paths = append(paths, path)
	}
	slices.Sort(paths) // a folder stands before what is in it
	for _, path := range paths {
		name, err := filepath.Rel(s.root, path)
		if err != nil {
			return err
		}
		if names[path] == nil {
			if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
				return err
			}
			continue
		}
		if _, err := os.Stat(filepath.Dir(filepath.Join(folder, name))); err != nil {
			continue // its folder is lost
		}
		if err := os.WriteFile(filepath.Join(folder, name), names[path].left(chance), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// left returns what a power cut leaves of a file.
func (n *inode) left(chance *rand.Rand) []byte {
	if chance == nil || len(n.written) < len(n.synced) || chance.IntN(2) == 0 {
		return n.synced
	}
	return n.written[:len(n.synced)+chance.IntN(len(n.written)-len(n.synced)+1)]
}
