package clients

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Ten thousand connections that say nothing, or half a command, cost little memory and no
// time, and hold up nobody. A short run has a tenth of them.
func TestIdleConnections(t *testing.T) {
	n := 10_000
	if testing.Short() || os.Getenv("MEDLEY_IDLE") == "" {
		n /= 10
	}
	port, p := program(t, build(t), "--maxclients", "20000")
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	defer c.Close()
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	before := memoryOf(t, p)
	for i := range n {
		nc := dialPlain(t, port)
		defer nc.Close()
		if i%2 == 1 {
			if _, err := nc.Write([]byte("*3\r\n$3\r\nSET\r\n$1000000\r\nhalf")); err != nil {
				t.Fatal(err)
			}
		}
	}
	until(t, func() bool { return infoField(t, c, "clients", "connected_clients") > n })
	per := (memoryOf(t, p) - before) / n
	t.Logf("%d connections take %d bytes each", n, per)
	if per > 10<<10 {
		t.Errorf("a connection takes %d bytes", per)
	}
	used, start := cpuOf(t, p), time.Now()
	for time.Since(start) < time.Second {
		if v := c.Get(t.Context(), "k").Val(); v != "v" {
			t.Fatalf("got %q", v)
		}
		time.Sleep(50 * time.Millisecond) // between questions, not for an answer
	}
	if busy := cpuOf(t, p) - used; busy > 300*time.Millisecond {
		t.Errorf("idle connections cost %v of a second", busy)
	}
}

func dialPlain(t *testing.T, port string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	return nc
}

// infoField returns a number that a section of INFO tells.
func infoField(t *testing.T, c *redis.Client, section, field string) int {
	t.Helper()
	info, err := c.Info(t.Context(), section).Result()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(field + `:(\d+)`).FindStringSubmatch(info)
	if m == nil {
		t.Fatalf("INFO %s has no %s", section, field)
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// memoryOf returns the resident memory in bytes.
func memoryOf(t *testing.T, p *os.Process) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.Pid))
	if err != nil {
		t.Skip(err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(b))[1])
	return pages * os.Getpagesize()
}

// cpuOf returns the processor time used so far.
func cpuOf(t *testing.T, p *os.Process) time.Duration {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid))
	if err != nil {
		t.Skip(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+2:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
