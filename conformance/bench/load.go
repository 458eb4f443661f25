package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/medleydb/medley/server/resp"
)

const (
	connections = 50
	keySpace    = 100_000
	valueBytes  = 64
)

// A load is a stream of commands, and what must be there before it starts.
type load struct {
	name      string
	pipelines []int
	fill      func(i int) []string // i-th of fillN commands before, nil for none
	fillN     int
	next      func(r *rand.Rand) []string
	// subscribers listen to channel meanwhile, and workers connections send the commands;
	// 0 workers are as many as usual.
	subscribers, workers int
}

func key(i int) string { return fmt.Sprintf("key:%012d", i) }

func cpuLoads() []load {
	value := string(bytes.Repeat([]byte{'x'}, valueBytes))
	all := []int{1, 16, 64}
	set := func(i int) []string { return []string{"SET", key(i), value} }
	return append(collectionLoads(), []load{
		{name: "GET", pipelines: all, fill: set, fillN: keySpace,
			next: func(r *rand.Rand) []string { return []string{"GET", key(r.IntN(keySpace))} }},
		{name: "SET", pipelines: all, fill: set, fillN: keySpace,
			next: func(r *rand.Rand) []string { return set(r.IntN(keySpace)) }},
		{name: "INCR", pipelines: []int{16},
			next: func(r *rand.Rand) []string { return []string{"INCR", "n:" + strconv.Itoa(r.IntN(keySpace))} }},
		{name: "XADD", pipelines: []int{16},
			next: func(r *rand.Rand) []string { return xadd(r.IntN(streams), "*") }},
		{name: "XADD MAXLEN", pipelines: []int{16},
			next: func(r *rand.Rand) []string { return xadd(r.IntN(streams), "MAXLEN", "~", "1000", "*") }},
		{name: "XRANGE 10", pipelines: []int{16}, fill: fillStream, fillN: streams * entries,
			next: func(r *rand.Rand) []string {
				return []string{"XRANGE", streamKey(r.IntN(streams)), strconv.Itoa(r.IntN(entries)), "+", "COUNT", "10"}
			}},
		{name: "XREADGROUP", pipelines: []int{16}, fill: fillStream, fillN: streams * (entries + 1), next: groupLoad()},
		{name: "MSET 10", pipelines: []int{16},
			next: func(r *rand.Rand) []string {
				args := []string{"MSET"}
				for range 10 {
					args = append(args, key(r.IntN(keySpace)), value)
				}
				return args
			}},
		{name: "MULTI 10", pipelines: []int{12, 96}, fill: set, fillN: keySpace, next: multiLoad(value)},
		{name: "EVAL", pipelines: []int{1, 16}, fill: set, fillN: keySpace,
			next: func(r *rand.Rand) []string {
				return []string{"EVAL", "return redis.call('GET', KEYS[1])", "1", key(r.IntN(keySpace))}
			}},
		{name: "SETBIT", pipelines: []int{16},
			next: func(r *rand.Rand) []string {
				return []string{"SETBIT", key(r.IntN(1000)), strconv.Itoa(r.IntN(bitmapBits)), "1"}
			}},
		{name: "BITCOUNT 12K", pipelines: []int{16}, fillN: 1000,
			fill: func(i int) []string { return []string{"SET", key(i), string(bytes.Repeat([]byte{'b'}, bitmapBits/8))} },
			next: func(r *rand.Rand) []string { return []string{"BITCOUNT", key(r.IntN(1000))} }},
		{name: "PFADD", pipelines: []int{16},
			next: func(r *rand.Rand) []string {
				return []string{"PFADD", key(r.IntN(100)), strconv.Itoa(r.IntN(keySpace))}
			}},
		{name: "PFCOUNT", pipelines: []int{16}, fillN: keySpace,
			fill: func(i int) []string { return []string{"PFADD", key(i % 100), strconv.Itoa(i)} },
			next: func(r *rand.Rand) []string { return []string{"PFCOUNT", key(r.IntN(100))} }},
		{name: "GEOADD", pipelines: []int{16},
			next: func(r *rand.Rand) []string { return geoAdd("places", r) }},
		{name: "GEOSEARCH 1", pipelines: []int{16}, fill: place, fillN: places,
			next: func(r *rand.Rand) []string { return geoSearch(r, "1") }},
		{name: "GEOSEARCH 10", pipelines: []int{16}, fill: place, fillN: places,
			next: func(r *rand.Rand) []string { return geoSearch(r, "10") }},
		{name: "PUBLISH 1000", pipelines: []int{1, 16}, subscribers: 1000, workers: 1,
			next: func(*rand.Rand) []string { return []string{"PUBLISH", channel, value} }},
		{name: "BITCOUNT far", pipelines: []int{1}, fill: farBit, fillN: 100_000,
			next: func(r *rand.Rand) []string {
				return []string{"BITCOUNT", key(r.IntN(2)), strconv.Itoa(r.IntN(farBits / 16)), "-1000"}
			}},
		{name: "BITOP far", pipelines: []int{1}, fill: farBit, fillN: 100_000,
			next: func(*rand.Rand) []string { return []string{"BITOP", "AND", "both", key(0), key(1)} }},
	}...)
}

// multiLoad sends transactions of ten commands.
func multiLoad(value string) func(r *rand.Rand) []string {
	n := -1
	return func(r *rand.Rand) []string {
		n++
		switch i := n % 12; {
		case i == 0:
			return []string{"MULTI"}
		case i == 11:
			return []string{"EXEC"}
		case i%2 == 0:
			return []string{"GET", key(r.IntN(keySpace))}
		}
		return []string{"SET", key(r.IntN(keySpace)), value}
	}
}

const (
	bitmapBits = 100_000     // of a small bitmap
	farBits    = 800_000_000 // of a large one in which few are set
)

// farBit sets a bit of one of two large bitmaps, the last one first.
func farBit(i int) []string {
	at := farBits - 1
	if i > 1 {
		at = int(uint64(i)*0x9e3779b97f4a7c15>>1) % farBits
	}
	return []string{"SETBIT", key(i % 2), strconv.Itoa(at), "1"}
}

const (
	streams = connections
	entries = 1000 // of each stream, with IDs from 1
)

func streamKey(i int) string { return "stream:" + strconv.Itoa(i) }

func xadd(stream int, id ...string) []string {
	args := append([]string{"XADD", streamKey(stream)}, id...)
	return append(args, "temperature", "21", "state", "idle")
}

// fillStream adds an entry to each stream in turn, and then a group.
func fillStream(i int) []string {
	if i >= streams*entries {
		return []string{"XGROUP", "CREATE", streamKey(i % streams), "g", "0"}
	}
	return xadd(i%streams, strconv.Itoa(1+i/streams))
}

// groupLoad reads entries and acknowledges them: in batches of 16, since a load has to
// know the IDs when it is made, the first command of which moves the group to where the
// batch goes on from. Each connection has a stream of its own.
func groupLoad() func(r *rand.Rand) []string {
	const batch = 16
	n, base := 0, 0
	return func(r *rand.Rand) []string {
		i := n % batch
		key := streamKey(n / (batch * batchesPerWorker) % streams)
		n++
		switch {
		case i == 0:
			base = r.IntN(entries - batch)
			return []string{"XGROUP", "SETID", key, "g", strconv.Itoa(base)}
		case i%2 == 1:
			return []string{"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", key, ">"}
		}
		return []string{"XACK", key, "g", strconv.Itoa(base + i/2)}
	}
}

// prepare empties the server and fills it for the load.
func (r *Running) prepare(l load) error {
	if err := r.pipe(1, func(int) []string { return []string{"FLUSHALL"} }); err != nil {
		return err
	}
	if l.fill == nil {
		return nil
	}
	return r.pipe(l.fillN, l.fill)
}

// pipe sends n commands through one connection and waits for their replies.
func (r *Running) pipe(n int, command func(i int) []string) error {
	return r.pipeIn(200, n, command)
}

// pipeIn is pipe for batches of so many commands.
func (r *Running) pipeIn(most, n int, command func(i int) []string) error {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReaderSize(c, 64<<10)
	var batch []byte
	for i := 0; i < n; {
		batch = batch[:0]
		k := 0
		for ; i < n && k < most; i, k = i+1, k+1 {
			batch = resp.AppendCommand(batch, command(i)...)
		}
		if _, err := c.Write(batch); err != nil {
			return err
		}
		for range k {
			if err := skipReply(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipReply reads a reply without keeping it; an error reply is an error.
func skipReply(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	n := 0
	switch line[0] {
	case '-':
		return errors.New(string(bytes.TrimSpace(line)))
	case '$':
		if n, err = strconv.Atoi(string(line[1 : len(line)-2])); err != nil || n < 0 {
			return err
		}
		_, err = in.Discard(n + 2)
		return err
	case '*':
		if n, err = strconv.Atoi(string(line[1 : len(line)-2])); err != nil {
			return err
		}
		for range n {
			if err := skipReply(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure runs the load for about so long from many connections.
func (r *Running) measure(l load, pipeline int, long time.Duration) (x sample, err error) {
	n := connections
	if l.workers > 0 {
		n = l.workers
	}
	conns := make([]*worker, n)
	for i := range conns {
		if conns[i], err = newWorker(r.addr, l, pipeline, uint64(i)); err != nil {
			return x, err
		}
		defer conns[i].c.Close()
	}
	listeners, err := r.listen(l.subscribers)
	if err != nil {
		return x, err
	}
	defer listeners.close()
	before, err := r.cpu()
	if err != nil {
		return x, err
	}
	start := time.Now()
	end := start.Add(long)
	var wg sync.WaitGroup
	for _, w := range conns {
		wg.Go(func() { w.run(end) })
	}
	wg.Wait()
	took := time.Since(start)
	sent := 0
	for _, w := range conns {
		sent += len(w.turns) * pipeline
	}
	if err := listeners.wait(sent); err != nil {
		return x, err
	}
	after, err := r.cpu()
	if err != nil {
		return x, err
	}
	var turns []time.Duration
	for _, w := range conns {
		if w.err != nil {
			return x, w.err
		}
		turns = append(turns, w.turns...)
	}
	slices.Sort(turns)
	ops := len(turns) * pipeline
	x.cpu = (after - before) / time.Duration(max(ops, 1))
	x.rate = float64(ops) / took.Seconds()
	x.p50, x.p99 = turns[len(turns)/2], turns[len(turns)*99/100]
	return x, nil
}

// worker is one connection of the load generator. It sends prepared batches, so that
// making commands costs no time in between.
type worker struct {
	c        net.Conn
	in       *bufio.Reader
	batches  [][]byte
	pipeline int
	turns    []time.Duration
	err      error
}

const batchesPerWorker = 64

func newWorker(addr string, l load, pipeline int, seed uint64) (*worker, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &worker{c: c, in: bufio.NewReaderSize(c, 16<<10), pipeline: pipeline}
	r := rand.New(rand.NewPCG(seed, uint64(pipeline)))
	for range batchesPerWorker {
		var b []byte
		for range pipeline {
			b = resp.AppendCommand(b, l.next(r)...)
		}
		w.batches = append(w.batches, b)
	}
	return w, nil
}

func (w *worker) run(end time.Time) {
	for i := 0; ; i++ {
		start := time.Now()
		if start.After(end) {
			return
		}
		if _, w.err = w.c.Write(w.batches[i%len(w.batches)]); w.err != nil {
			return
		}
		for range w.pipeline {
			if w.err = skipReply(w.in); w.err != nil {
				if errors.Is(w.err, io.EOF) {
					w.err = io.ErrUnexpectedEOF
				}
				return
			}
		}
		w.turns = append(w.turns, time.Since(start))
	}
}

const places = 500_000 // in a square of ten by ten degrees

func geoAdd(key string, r *rand.Rand) []string {
	return []string{"GEOADD", key, degrees(5+10*r.Float64(), 6), degrees(45+10*r.Float64(), 6), "place:" + strconv.Itoa(r.IntN(places))}
}

// place is the point number i of those that are searched.
func place(i int) []string {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	c := geoAdd("places", r)
	c[4] = "place:" + strconv.Itoa(i)
	return c
}

// geoSearch asks for the points around a random one, within so many kilometres.
func geoSearch(r *rand.Rand, km string) []string {
	return []string{"GEOSEARCH", "places", "FROMLONLAT", degrees(6+8*r.Float64(), 4), degrees(46+8*r.Float64(), 4), "BYRADIUS", km, "km"}
}

func degrees(f float64, digits int) string { return strconv.FormatFloat(f, 'f', digits, 64) }
