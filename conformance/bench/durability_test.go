package bench

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/server"
)

// TestMain is Medley where the tests start this program as a server.
func TestMain(m *testing.M) {
	if status, ok := ServeSlow(os.Args[1:], io.Discard); ok {
		os.Exit(status)
	}
	if len(os.Args) > 1 && os.Args[1] == "server" {
		os.Exit(server.Main(os.Args[2:], nil, io.Discard))
	}
	os.Exit(m.Run())
}

// TestDurability protects the comparison of what it costs to keep data: it goes through with few
// keys, and has a figure of each server for everything. What the figures are is for machines that
// do nothing else.
func TestDurability(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		t.Skip("the system does not tell what processes take")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	peers := ""
	if path, err := exec.LookPath("redis-server"); err == nil {
		peers = filepath.Dir(path)
	}
	servers := len(binaries(Options{Peers: peers}))
	var out bytes.Buffer
	o := Options{Medley: self, Peers: peers, Out: &out, Rounds: 1, Time: 100 * time.Millisecond, Keys: 20_000}
	if err := Durability(o); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, name := range []string{"save, nobody writes: s", "load of the file: s", "save under writes: s", "save to a slow disk under writes: s", "  more memory: %", "pipeline 16, always: thousand SET/s"} {
		found := false
		for _, line := range lines {
			figures := strings.Split(line, " | ")
			found = found || strings.TrimRight(figures[0], " ") == name && len(figures) > servers
		}
		if !found {
			t.Errorf("no figures for %q:\n%s", name, &out)
		}
	}
	if strings.Contains(out.String(), "NaN") {
		t.Errorf("a figure is none:\n%s", &out)
	}
}

// TestSlowDisk protects that the slow disk is one: a file takes as long as its bytes say.
func TestSlowDisk(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const keys, bytesPerSec = 20_000, 4 << 20
	r, err := slowMedley(self, bytesPerSec).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	if err := r.prepare(fillFor(Options{Keys: keys})); err != nil {
		t.Fatal(err)
	}
	took, err := r.save()
	if err != nil {
		t.Fatal(err)
	}
	if least := time.Second * keys * (16 + valueBytes) / bytesPerSec; took < least {
		t.Errorf("it took %v, at least %v were to be expected", took, least)
	}
}

// TestWriterCommands protects that writers overwrite keys that there are: what they send is what
// SET of the key is.
func TestWriterCommands(t *testing.T) {
	for _, i := range []int{0, 7, 4_999_999} {
		value := storedValue(i, 3)
		if len(value) != valueBytes {
			t.Fatalf("a value of %d bytes", len(value))
		}
		want := "*3\r\n$3\r\nSET\r\n$16\r\n" + key(i) + "\r\n$64\r\n" + value + "\r\n"
		if got := string(appendSet(nil, i, []byte(value))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
