package bench

import (
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/medleydb/medley/keyspace/disk"
	"github.com/medleydb/medley/server"
)

// slowCommand is the first argument of a program that is to be Medley on a slow disk; bytes a
// second and the server's own arguments follow.
const slowCommand = "slow-server"

// slowMedley returns Medley on a disk that takes so many bytes a second: this program again, whose
// main function calls ServeSlow.
func slowMedley(self string, bytesPerSec int) Program {
	return Program{Name: "medley", Path: self, Args: []string{slowCommand, strconv.Itoa(bytesPerSec)}}
}

// ServeSlow runs Medley on a slow disk where the arguments of the program, without its name, say
// so, and returns the exit status then.
func ServeSlow(args []string, stderr io.Writer) (status int, ok bool) {
	if len(args) < 2 || args[0] != slowCommand {
		return 0, false
	}
	rate, err := strconv.Atoi(args[1])
	if err != nil || rate <= 0 {
		return 2, true
	}
	return server.MainOn(&slowDisk{System: disk.OS, rate: rate}, args[2:], nil, stderr), true
}

// A slowDisk lets no more than so many bytes a second through to the system's files.
type slowDisk struct {
	disk.System
	rate int

	mu   sync.Mutex
	free time.Time // when what was written is done
}

func (d *slowDisk) Open(path string, flag int) (disk.File, error) {
	f, err := d.System.Open(path, flag)
	if err != nil {
		return nil, err
	}
	return &slowFile{f, d}, nil
}

type slowFile struct {
	disk.File
	d *slowDisk
}

func (f *slowFile) Write(b []byte) (int, error) {
	f.d.take(len(b))
	return f.File.Write(b)
}

func (d *slowDisk) take(n int) {
	d.mu.Lock()
	if now := time.Now(); d.free.Before(now) {
		d.free = now
	}
	d.free = d.free.Add(time.Duration(n) * time.Second / time.Duration(d.rate))
	until := d.free
	d.mu.Unlock()
	time.Sleep(time.Until(until))
}
