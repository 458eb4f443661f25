package bench

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/server/resp"
)

const (
	writerConnections = 4
	writerPipeline    = 16
)

// writers overwrite random keys from some connections as fast as they can, while one more
// connection, the probe, sends one request at a time and looks at the clock.
type writers struct {
	stop    atomic.Bool
	writes  atomic.Int64
	running sync.WaitGroup

	mu    sync.Mutex
	turns []time.Duration // of the probe since it was last taken
	errs  []error
}

// write starts to overwrite keys of so many.
func (r *Running) write(keys int) *writers {
	w := &writers{}
	for i := range writerConnections {
		w.running.Go(func() { w.fail(w.flood(r.addr, rand.New(rand.NewPCG(uint64(i), 1)), keys)) })
	}
	w.running.Go(func() { w.fail(w.probe(r.addr, rand.New(rand.NewPCG(writerConnections, 1)), keys)) })
	return w
}

func (w *writers) fail(err error) {
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.errs = append(w.errs, err)
	}
}

// end stops writing.
func (w *writers) end() error {
	w.stop.Store(true)
	w.running.Wait()
	return errors.Join(w.errs...)
}

// take returns the 99th percentile of the probe's turns, and how many keys were overwritten, since
// it was last called.
func (w *writers) take() (p99 time.Duration, writes int64) {
	w.mu.Lock()
	turns := w.turns
	w.turns = nil
	w.mu.Unlock()
	slices.Sort(turns)
	if len(turns) > 0 {
		p99 = turns[len(turns)*99/100]
	}
	return p99, w.writes.Swap(0)
}

// storedValue is the value of key number i in its n-th writing: text that compression finds
// nothing in, of always the same length.
func storedValue(i, n int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	b := make([]byte, 0, valueBytes)
	for j := 0; len(b) < valueBytes; j++ {
		for x := mix(mixed(i, n) + j); x > 63 && len(b) < valueBytes; x >>= 6 {
			b = append(b, digits[x&63])
		}
	}
	return string(b)
}

func mixed(i, n int) int { return i*64 + n%64*8 }

// flood overwrites keys until w stops.
func (w *writers) flood(addr string, r *rand.Rand, keys int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 16<<10)
	var batch []byte
	value := []byte(storedValue(r.IntN(keys), 1))
	for !w.stop.Load() {
		batch = batch[:0]
		for range writerPipeline {
			strconv.AppendUint(value[:8], 10000000+uint64(r.IntN(80000000)), 10)
			batch = appendSet(batch, r.IntN(keys), value)
		}
		if _, err := c.Write(batch); err != nil {
			return err
		}
		for range writerPipeline {
			if err := skipReply(in); err != nil {
				return err
			}
		}
		w.writes.Add(writerPipeline)
	}
	return nil
}

// appendSet appends SET of a key, of which there are very many.
func appendSet(b []byte, i int, value []byte) []byte {
	b = append(b, "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$64\r\n"...)
	for at := len(b) - len("\r\n$64\r\n"); i > 0; i /= 10 {
		at--
		b[at] = byte('0' + i%10)
	}
	return append(append(b, value...), "\r\n"...)
}

// probe reads and writes keys in turn.
func (w *writers) probe(addr string, r *rand.Rand, keys int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 4<<10)
	var request []byte
	for n := 0; !w.stop.Load(); n++ {
		i := r.IntN(keys)
		if n%2 == 0 {
			request = resp.AppendCommand(request[:0], "GET", key(i))
		} else {
			request = resp.AppendCommand(request[:0], "SET", key(i), storedValue(i, n))
		}
		start := time.Now()
		if _, err := c.Write(request); err != nil {
			return err
		}
		if err := skipReply(in); err != nil {
			return err
		}
		took := time.Since(start)
		w.mu.Lock()
		w.turns = append(w.turns, took)
		w.mu.Unlock()
	}
	return nil
}
