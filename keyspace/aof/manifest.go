package aof

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace/disk"
)

// ErrManifest: a manifest is not what the format says.
var ErrManifest = errors.New("aof: broken manifest")

// A File is one of the files that a manifest names.
type File struct {
	Name string // without the folder
	Seq  int64
}

// A Manifest says which files make up a journal. Those in History are not needed any more, and
// have not been removed yet.
type Manifest struct {
	Base    *File
	Incr    []File // in their order
	History []File
}

// ManifestName returns the name of the manifest of the journal with the name.
func ManifestName(name string) string { return name + ".manifest" }

// IncrName returns the name of a file of commands.
func IncrName(name string, seq int64) string { return fmt.Sprintf("%s.%d.incr.aof", name, seq) }

// BaseName returns the name of a base, a snapshot or commands.
func BaseName(name string, seq int64, snapshot bool) string {
	if snapshot {
		return fmt.Sprintf("%s.%d.base.rdb", name, seq)
	}
	return fmt.Sprintf("%s.%d.base.aof", name, seq)
}

// NextIncr returns the sequence number of the next file of commands.
func (m *Manifest) NextIncr() int64 {
	if n := len(m.Incr); n > 0 {
		return m.Incr[n-1].Seq + 1
	}
	last := int64(0)
	for _, f := range m.History {
		last = max(last, f.Seq)
	}
	return last + 1
}

// NextBase returns the sequence number of the next base.
func (m *Manifest) NextBase() int64 {
	if m.Base != nil {
		return m.Base.Seq + 1
	}
	return 1
}

// Clone returns a copy that shares nothing.
func (m *Manifest) Clone() *Manifest {
	c := &Manifest{Incr: slices.Clone(m.Incr), History: slices.Clone(m.History)}
	if m.Base != nil {
		base := *m.Base
		c.Base = &base
	}
	return c
}

// Format returns the text of the manifest.
func (m *Manifest) Format() []byte {
	var b []byte
	line := func(f File, kind byte) {
		b = append(b, "file "...)
		if bytes.ContainsAny([]byte(f.Name), " \t\"'\\\r\n") {
			b = datatypes.AppendQuoted(b, f.Name)
		} else {
			b = append(b, f.Name...)
		}
		b = fmt.Appendf(b, " seq %d type %c\n", f.Seq, kind)
	}
	if m.Base != nil {
		line(*m.Base, 'b')
	}
	for _, f := range m.History {
		line(f, 'h')
	}
	for _, f := range m.Incr {
		line(f, 'i')
	}
	return b
}

// ParseManifest reads the text of a manifest. Error: ErrManifest.
func ParseManifest(text []byte) (*Manifest, error) {
	m := &Manifest{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if err := m.parseLine(line); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrManifest, number, err)
		}
	}
	return m, nil
}

func (m *Manifest) parseLine(line []byte) error {
	words, ok := datatypes.SplitWords(nil, line)
	if !ok || len(words)%2 != 0 {
		return errors.New("it is no list of names and values")
	}
	var f File
	var kind string
	for i := 0; i < len(words); i += 2 {
		switch value := string(words[i+1]); string(words[i]) {
		case "file":
			f.Name = value
		case "seq":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 1 {
				return errors.New("a sequence number that is none")
			}
			f.Seq = n
		case "type":
			kind = value
		}
	}
	if f.Name == "" || f.Seq == 0 || f.Name != filepath.Base(f.Name) {
		return errors.New("a file without a name or number, or in another folder")
	}
	switch kind {
	case "b":
		if m.Base != nil {
			return errors.New("a second base")
		}
		m.Base = &f
	case "i":
		if n := len(m.Incr); n > 0 && m.Incr[n-1].Seq >= f.Seq {
			return errors.New("files out of order")
		}
		m.Incr = append(m.Incr, f)
	case "h":
		m.History = append(m.History, f)
	default:
		return errors.New("a file of an unknown type")
	}
	return nil
}

// ReadManifest reads the manifest of the journal with the name in a folder; an error that is
// os.ErrNotExist where there is none.
func ReadManifest(dir, name string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, ManifestName(name)))
	if err != nil {
		return nil, err
	}
	m, err := ParseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName(name), err)
	}
	return m, nil
}

// Write puts the manifest in the place of the old one, whole or not at all.
func (m *Manifest) Write(d disk.System, dir, name string) error {
	path := filepath.Join(dir, ManifestName(name))
	temp := filepath.Join(dir, "temp-"+ManifestName(name))
	f, err := d.Open(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err = f.Write(m.Format()); err == nil {
		err = f.Sync()
	}
	if end := f.Close(); err == nil {
		err = end
	}
	if err == nil {
		err = d.Rename(temp, path)
	}
	if err != nil {
		d.Remove(temp)
		return err
	}
	return d.SyncDir(dir)
}

// RemoveHistory removes the files that are not needed any more, and forgets them.
func (m *Manifest) RemoveHistory(d disk.System, dir, name string) error {
	if len(m.History) == 0 {
		return nil
	}
	for _, f := range m.History {
		if err := d.Remove(filepath.Join(dir, f.Name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	m.History = nil
	return m.Write(d, dir, name)
}
