package server

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace/disk"
)

// A slowDisk's files are forced to disk when the test says so: each time asks for a word.
type slowDisk struct {
	disk.System
	asked, word chan struct{}
}

type slowFile struct {
	disk.File
	d *slowDisk
}

func (d *slowDisk) Open(path string, flag int) (disk.File, error) {
	f, err := d.System.Open(path, flag)
	return slowFile{f, d}, err
}

func (f slowFile) SyncData() error {
	f.d.asked <- struct{}{}
	<-f.d.word
	return f.File.SyncData()
}

// TestSlowDisk protects clients that read from the disk that others' changes wait for: with
// appendfsync always these are answered when the disk has them, together, and nobody else waits.
func TestSlowDisk(t *testing.T) {
	for _, portable := range []bool{false, true} {
		d := &slowDisk{disk.OS, make(chan struct{}, 100), make(chan struct{})}
		cfg := config.New()
		for name, value := range map[string]string{"dir": t.TempDir(), "save": "", "appendonly": "yes", "appendfsync": "always"} {
			if err := cfg.Override(config.Pair{Name: name, Value: value}); err != nil {
				t.Fatal(err)
			}
		}
		s := start(t, commands.Options{Config: cfg, Files: true, Disk: d}, portable)
		t.Cleanup(func() { close(d.word) }) // before the server ends, which waits for the disk
		var writers, readers []*testClient
		for range 8 {
			writers, readers = append(writers, s.dial(t)), append(readers, s.dial(t))
		}
		writers[0].send("SET", "k", "0")
		<-d.asked
		for _, w := range writers[1:] {
			w.send("APPEND", "k", "1")
		}
		for _, r := range readers {
			r.do("PONG", "PING")
			r.send("STRLEN", "k")
			if v, err := r.r.Read(); err != nil || v.Int < 1 {
				t.Fatal(v, err)
			}
		}
		until(t, func() bool {
			readers[0].send("STRLEN", "k")
			v, err := readers[0].r.Read()
			return err != nil || v.Int == 8
		})
		for _, w := range writers {
			w.SetReadDeadline(time.Now().Add(time.Millisecond))
			var b [1]byte
			if n, err := w.Read(b[:]); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("a change that the disk does not have is answered: %d %v", n, err)
			}
			w.SetReadDeadline(time.Now().Add(patience))
		}
		d.word <- struct{}{}
		writers[0].want("OK")
		<-d.asked
		d.word <- struct{}{}
		for _, w := range writers[1:] {
			v, err := w.r.Read()
			if err != nil || v.Int < 2 {
				t.Fatal(v, err)
			}
		}
		if n := len(d.asked); n != 0 {
			t.Errorf("%d more fsyncs for seven changes that waited together", n)
		}
	}
}
