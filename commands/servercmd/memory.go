package servercmd

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

var memorySpec = command.Spec{
	Name: "memory", Group: command.GroupServer, Since: "4.0.0", Arity: -2,
	Summary: "Shows where memory goes.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&memoryDoctor, &memoryHelp, &memoryMallocStats, &memoryPurge, &memoryStats, &memoryUsage},
}

var memoryUsage = command.Spec{
	Name: "usage", Since: "4.0.0", Arity: -3,
	Summary: "Tells the bytes that a key and its value take.", Syntax: "key [SAMPLES count]", Complexity: "O(1)",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(2, command.RO)},
	Run:   runMemoryUsage,
}

func runMemoryUsage(c *command.Context) error {
	key := c.Args.Key()
	for c.Args.More() {
		if !c.Args.Option("SAMPLES", 1) {
			return command.ErrSyntax
		}
		// Sizes are counted as values change: there is nothing to sample.
		if n := c.Args.Int(); n < 0 {
			return command.ErrSyntax
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	n, ok := c.Tx.SizeOf(key)

	if !ok {
		c.Reply.Null()
		return nil
	}
	c.Reply.Int(int64(n))
	return nil
}

var memoryHelp = command.Spec{
	Name: "help", Since: "4.0.0", Arity: 2,
	Summary: "Tells what MEMORY can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

var memoryPurge = command.Spec{
	Name: "purge", Since: "4.0.0", Arity: 2,
	Summary: "Gives free memory back to the system.", Complexity: "Depends on how much there is",
	Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
	Run: func(c *command.Context) error {
		debug.FreeOSMemory()
		c.Reply.OK()
		return nil
	},
}

var memoryMallocStats = command.Spec{
	Name: "malloc-stats", Since: "4.0.0", Arity: 2,
	Summary: "Shows the Go runtime's figures of its memory.", Complexity: "O(1)",
	Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Run:  runMallocStats,
}

func runMallocStats(c *command.Context) error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var b strings.Builder
	for _, f := range [...]struct {
		name string
		n    uint64
	}{
		{"system_bytes", m.Sys}, {"heap_system_bytes", m.HeapSys}, {"heap_in_use_bytes", m.HeapInuse}, {"heap_live_bytes", m.HeapAlloc},
		{"heap_idle_bytes", m.HeapIdle}, {"heap_released_bytes", m.HeapReleased}, {"heap_objects", m.HeapObjects},
		{"stack_bytes", m.StackInuse}, {"collector_bytes", m.GCSys}, {"collections", uint64(m.NumGC)},
		{"collection_pause_total_ns", m.PauseTotalNs}, {"next_collection_at_bytes", m.NextGC},
	} {
		fmt.Fprintf(&b, "%s:%d\n", f.name, f.n)
	}
	c.Reply.Verbatim("txt", b.String())
	return nil
}

var memoryStats = command.Spec{
	Name: "stats", Since: "4.0.0", Arity: 2,
	Summary: "Lists figures of the server's memory.", Complexity: "O(1)",
	Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Scope: command.ScopeAllInMulti,
	Run:   runMemoryStats,
}

func runMemoryStats(c *command.Context) error {
	r := report{c: c, svc: c.Services}
	f := readMemory(&r)
	m := r.store()
	var dbs []int
	figures := map[int]keyspace.DatabaseFigure{}
	for db := range c.Services.Store.Databases() {
		if d := c.Tx.Database(db); d.Keys > 0 {
			dbs = append(dbs, db)
			figures[db] = d
		}
	}

	p := c.Reply
	p.Map(31 + len(dbs))
	number := func(name string, n int64) {
		p.BulkString(name)
		p.Int(n)
	}
	fraction := func(name string, f float64) {
		p.BulkString(name)
		p.Double(f)
	}
	number("peak.allocated", f.peak)
	number("total.allocated", f.used)
	number("startup.allocated", 0)
	number("replication.backlog", 0)
	number("replica.fullsync.buffer", 0)
	number("clients.slaves", 0)
	number("clients.normal", f.buffers)
	number("cluster.links", 0)
	number("aof.buffer", 0)
	number("lua.caches", 0)
	number("functions.caches", 0)
	number("script.VMs", 0)
	for _, db := range dbs {
		p.BulkString("db." + strconv.Itoa(db))
		p.Map(2)
		number("overhead.hashtable.main", int64(figures[db].Index))
		number("overhead.hashtable.expires", 0)
	}
	number("overhead.db.hashtable.lut", int64(m.Index))
	number("overhead.db.hashtable.rehashing", 0)
	number("overhead.total", f.overhead)
	number("db.dict.rehashing.count", 0)
	number("keys.count", int64(m.Keys))
	number("keys.bytes-per-key", int64(ratio(f.used, int64(m.Keys))))
	number("dataset.bytes", f.dataset)
	fraction("dataset.percentage", 100*ratio(f.dataset, f.used))
	fraction("peak.percentage", 100*ratio(f.used, f.peak))
	number("allocator.allocated", f.heap)
	number("allocator.active", f.active)
	number("allocator.resident", f.resident)
	number("allocator.muzzy", 0)
	fraction("allocator-fragmentation.ratio", ratio(f.active, f.heap))
	number("allocator-fragmentation.bytes", f.active-f.heap)
	fraction("allocator-rss.ratio", ratio(f.resident, f.active))
	number("allocator-rss.bytes", f.resident-f.active)
	fraction("rss-overhead.ratio", 1)
	number("rss-overhead.bytes", 0)
	fraction("fragmentation", ratio(f.resident, f.used))
	number("fragmentation.bytes", f.resident-f.used)
	return nil
}

var memoryDoctor = command.Spec{
	Name: "doctor", Since: "4.0.0", Arity: 2,
	Summary: "Says in words what is odd about memory.", Complexity: "O(1)",
	Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Scope: command.ScopeAllInMulti,
	Run:   runMemoryDoctor,
}

// worthALook is below how many bytes MEMORY DOCTOR has nothing to say.
const worthALook = 5 << 20

func runMemoryDoctor(c *command.Context) error {
	r := report{c: c, svc: c.Services}
	f := readMemory(&r)
	m := r.store()
	var b strings.Builder
	if f.used < worthALook {
		b.WriteString("There is too little data to say anything about its memory.\n")
		c.Reply.Verbatim("txt", b.String())
		return nil
	}
	if f.peak > f.used+f.used/2 {
		fmt.Fprintf(&b, "Memory in use was %s at its peak and is %s now: what the system shows may still be that of then. MEMORY PURGE gives free memory back.\n",
			humanBytes(f.peak), humanBytes(f.used))
	}
	if free := m.Allocated - m.Used(); free > m.Used()/4 {
		fmt.Fprintf(&b, "%s of the store's memory are gaps between records. They are closed in the background.\n", humanBytes(int64(free)))
	}
	if n := r.totals().clients; n > 0 && f.buffers/int64(n) > 200<<10 {
		fmt.Fprintf(&b, "Clients hold %s in their buffers: some read replies too slowly or send large requests (CLIENT LIST).\n", humanBytes(f.buffers))
	}
	if b.Len() == 0 {
		b.WriteString("Nothing is odd about this server's memory.\n")
	}
	c.Reply.Verbatim("txt", b.String())
	return nil
}
