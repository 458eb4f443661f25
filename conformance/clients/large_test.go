package clients

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// largest is proto-max-bulk-len's default less one.
const largest = 512<<20 - 1

// The longest value and the longest key that the protocol allows by default go there and
// back, by each library. It takes gigabytes, so it runs only by `make clients-large`.
func TestLargestValue(t *testing.T) {
	if os.Getenv("MEDLEY_LARGE") == "" {
		t.Skip("MEDLEY_LARGE is not set")
	}
	port, p := program(t, build(t))
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port, ReadTimeout: 5 * time.Minute, WriteTimeout: 5 * time.Minute})
	defer c.Close()
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
	t.Logf("the server holds %d MB", memoryOf(t, p)>>20)
	if err := c.Set(t.Context(), string(value), "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if v, err := c.Get(t.Context(), string(value)).Result(); v != "v" || err != nil {
		t.Fatalf("the value of the longest key is %q, %v", v, err)
	}
	if err := c.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "roundtrips.mjs", port, strconv.Itoa(largest))
	cmd.Dir = "node"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}
