package clients

import (
	"bytes"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// largest is proto-max-bulk-len's default less one.
const largest = 512<<20 - 1

// The longest value that the protocol allows by default goes there and back. It takes
// gigabytes, so it runs only by `make clients-large`.
func TestLargestValue(t *testing.T) {
	if os.Getenv("MEDLEY_LARGE") == "" {
		t.Skip("MEDLEY_LARGE is not set")
	}
	eng := open(t)
	w := way{o: redis.Options{Addr: listen(t, eng, "tcp", false)}}
	long := func(o *redis.Options) { o.ReadTimeout, o.WriteTimeout = 5*time.Minute, 5*time.Minute }
	c := w.client(t, 3, long)
	value := bytes.Repeat([]byte{0, '\r', '\n', 0xff}, largest/4+1)[:largest]
	start := time.Now()
	if err := c.Set(t.Context(), "k", value, 0).Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("SET took %v", time.Since(start))
	start = time.Now()
	got, err := c.Get(t.Context(), "k").Bytes()
	if err != nil || !bytes.Equal(got, value) {
		t.Fatalf("%d other bytes came back, %v", len(got), err)
	}
	t.Logf("GET took %v", time.Since(start))
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("client and server together took %d MB from the system", m.Sys>>20)
}
