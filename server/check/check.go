// Package check is the program `medley check`: it looks whether files of data are whole, and cuts
// off the broken end of an append-only file.
package check

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace/aof"
	"github.com/medleydb/medley/keyspace/rdb"
)

const usage = `usage: medley check rdb FILE
       medley check aof [--fix] FILE

rdb reads a snapshot to its end, with every value in it, and its checksum.
aof reads an append-only file: its manifest, with all that it names, or one file. --fix cuts off
what stands behind the last whole command, where that is in the last file.
`

// Main runs the program and returns its exit status: 0 where everything is whole or has been
// mended, 1 where it is not, 2 for wrong arguments.
func Main(args []string, out, errOut io.Writer) int {
	if len(args) == 0 || args[0] != "rdb" && args[0] != "aof" {
		fmt.Fprint(errOut, usage)
		return 2
	}
	f := flag.NewFlagSet("check", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	fix := f.Bool("fix", false, "")
	err := f.Parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		return 0
	}
	if err != nil || f.NArg() != 1 || *fix && args[0] == "rdb" {
		fmt.Fprint(errOut, usage)
		return 2
	}
	c := checker{out: out, bar: newBar(errOut), fix: *fix}
	if args[0] == "rdb" {
		err = c.snapshotFile(f.Arg(0))
	} else {
		err = c.journal(f.Arg(0))
	}
	c.bar.clear()
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", f.Arg(0), err)
		return 1
	}
	return 0
}

type checker struct {
	out io.Writer
	bar *bar
	fix bool
}

func (c *checker) snapshotFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	c.bar.start(path, sizeOf(f))
	_, _, err = c.snapshot(f)
	return err
}

func sizeOf(f *os.File) int64 {
	if fi, err := f.Stat(); err == nil {
		return fi.Size()
	}
	return 0
}

// counts are what a snapshot holds.
type counts struct {
	kinds   [datatypes.Stream + 1]int
	expires int
	expired int
	empty   int
	modules int
}

// snapshot reads a snapshot, and returns what stands behind it, and at which offset.
func (c *checker) snapshot(in io.Reader) (rest io.Reader, at int64, err error) {
	r, err := rdb.NewReader(c.bar.reader(in), rdb.Lenient{})
	if err != nil {
		return nil, 0, err
	}
	var n counts
	now, key := time.Now().UnixMilli(), ""
	env := datatypes.Env{Limits: datatypes.DefaultLimits()}
	env.Limits.MaxString, env.Limits.MaxBits = 1<<40, 1<<40
	for {
		item, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, 0, told(key, err)
		}
		switch item.Op {
		case rdb.OpAux:
			c.bar.clear()
			fmt.Fprintf(c.out, "%s: %s\n", item.Name, item.Value)
		case rdb.OpModule:
			n.modules++
		case rdb.OpKey:
			key = string(item.Key)
			err := r.Load(datatypes.NewValue(item.Kind, &env))
			if errors.Is(err, rdb.ErrEmpty) {
				n.empty++
				continue
			}
			if err != nil {
				return nil, 0, fmt.Errorf("at the value of the key %q: %w", key, err)
			}
			n.kinds[item.Kind]++
			if ms := item.Meta.ExpiryMs; ms != 0 {
				n.expires++
				if ms <= now {
					n.expired++
				}
			}
		}
	}
	c.bar.clear()
	fmt.Fprintf(c.out, "version %d of the format, %d bytes\n", r.Version(), r.Offset())
	total := 0
	for kind, k := range n.kinds {
		if total += k; k > 0 {
			fmt.Fprintf(c.out, "%s: %d\n", datatypes.Kind(kind), k)
		}
	}
	fmt.Fprintf(c.out, "%d keys, %d that expire, %d of them have", total, n.expires, n.expired)
	for what, k := range map[string]int{"empty values": n.empty, "parts of modules": n.modules} {
		if k > 0 {
			fmt.Fprintf(c.out, ", %d %s", k, what)
		}
	}
	fmt.Fprintln(c.out, "\nthe snapshot is whole")
	return r.Rest(), r.Offset(), nil
}

func told(key string, err error) error {
	if key == "" {
		return err
	}
	return fmt.Errorf("behind the key %q: %w", key, err)
}

// journal checks a manifest and its files, the folder of them, or a single file.
func (c *checker) journal(path string) error {
	if fi, err := os.Stat(path); err == nil && fi.IsDir() {
		found, _ := filepath.Glob(filepath.Join(path, "*.manifest"))
		if len(found) != 1 {
			return errors.New("the folder has no manifest, or several")
		}
		path = found[0]
	}
	if !strings.HasSuffix(path, ".manifest") {
		return c.commands(path, true)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m, err := aof.ParseManifest(text)
	if err != nil {
		return err
	}
	files := m.Incr
	if m.Base != nil {
		files = append([]aof.File{*m.Base}, files...)
	}
	if len(files) == 0 {
		return errors.New("the manifest names no file")
	}
	for i, f := range files {
		if err := c.commands(filepath.Join(filepath.Dir(path), f.Name), i == len(files)-1); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// commands checks a file of commands, with a snapshot before them or none.
func (c *checker) commands(path string, last bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	size := sizeOf(f)
	c.bar.start(path, size)
	fmt.Fprintf(c.out, "== %s\n", filepath.Base(path))
	var word [5]byte
	k, _ := io.ReadFull(f, word[:])
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var in io.Reader = f
	at := int64(0)
	if s := string(word[:k]); s == "REDIS" || s == "VALKE" {
		if in, at, err = c.snapshot(in); err != nil {
			return err
		}
	} else {
		in = c.bar.reader(in)
	}
	r := aof.NewReader(in, at)
	n := 0
	for {
		_, err := r.Next()
		if err == io.EOF {
			c.bar.clear()
			fmt.Fprintf(c.out, "%d commands, %d bytes\nthe file is whole\n", n, size)
			return nil
		}
		if err == nil {
			n++
			continue
		}
		c.bar.clear()
		fmt.Fprintf(c.out, "%d commands are whole, %d bytes of %d: %d would have to be cut off\n", n, r.Good(), size, size-r.Good())
		switch {
		case !c.fix && last:
			return fmt.Errorf("%w; --fix cuts it off", err)
		case !c.fix || !last:
			return err
		}
		if err := truncate(path, r.Good()); err != nil {
			return err
		}
		fmt.Fprintln(c.out, "they are cut off")
		return nil
	}
}

func truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	return f.Sync()
}

// A bar shows on a terminal how far a file has been read.
type bar struct {
	w           io.Writer // nil: nothing is shown
	name        string
	total, done int64
	shown       time.Time
	dirty       bool
}

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	if !ok {
		return &bar{}
	}
	if fi, err := f.Stat(); err != nil || fi.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	return &bar{w: w}
}

func (b *bar) start(path string, total int64) {
	b.name, b.total, b.done = filepath.Base(path), total, 0
}

func (b *bar) clear() {
	if b.dirty {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.dirty = false
	}
}

const barWidth = 40

func (b *bar) add(n int) {
	b.done += int64(n)
	if b.w == nil || b.total <= 0 || time.Since(b.shown) < 100*time.Millisecond {
		return
	}
	b.shown, b.dirty = time.Now(), true
	full := min(int(b.done*barWidth/b.total), barWidth)
	fmt.Fprintf(b.w, "\r%s [%s%s] %3d%%", b.name, strings.Repeat("#", full), strings.Repeat("-", barWidth-full), b.done*100/b.total)
}

// reader passes on what is read, and counts it.
func (b *bar) reader(r io.Reader) io.Reader { return barReader{b, r} }

type barReader struct {
	b *bar
	r io.Reader
}

func (r barReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.b.add(n)
	return n, err
}
