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

	before, after := f.parts(m)
	c.Reply.Map(len(before) + len(dbs) + len(after))
	replyParts(c.Reply, before)
	for _, db := range dbs {
		c.Reply.BulkString("db." + strconv.Itoa(db))
		c.Reply.Map(2)
		replyParts(c.Reply, []memoryPart{{"overhead.hashtable.main", int64(figures[db].Index)}, {"overhead.hashtable.expires", int64(0)}})
	}
	replyParts(c.Reply, after)
	return nil
}

// A memoryPart is one figure of MEMORY STATS: bytes (int64) or a ratio (float64).
type memoryPart struct {
	name  string
	value any
}

func replyParts(r command.Reply, parts []memoryPart) {
	for _, p := range parts {
		r.BulkString(p.name)
		switch v := p.value.(type) {
		case int64:
			r.Int(v)
		case float64:
			r.Double(v)
		}
	}
}

// parts returns the figures of MEMORY STATS that stand before and behind those of the
// databases.
func (f *memoryFigures) parts(m *keyspace.Memory) (before, after []memoryPart) {
	before = []memoryPart{
		{"peak.allocated", f.peak},
		{"total.allocated", f.used},
		{"startup.allocated", int64(0)},
		{"replication.backlog", int64(0)},
		{"replica.fullsync.buffer", int64(0)},
		{"clients.slaves", int64(0)},
		{"clients.normal", f.buffers},
		{"cluster.links", int64(0)},
		{"aof.buffer", int64(0)},
		{"lua.caches", f.scripts.ScriptBytes},
		{"functions.caches", f.scripts.FunctionBytes},
		{"script.VMs", f.scripts.ScriptVMs + f.scripts.FunctionVMs},
	}
	after = []memoryPart{
		{"overhead.db.hashtable.lut", int64(m.Index)},
		{"overhead.db.hashtable.rehashing", int64(0)},
		{"overhead.total", f.overhead},
		{"db.dict.rehashing.count", int64(0)},
		{"keys.count", int64(m.Keys)},
		{"keys.bytes-per-key", int64(ratio(f.used, int64(m.Keys)))},
		{"dataset.bytes", f.dataset},
		{"dataset.percentage", 100 * ratio(f.dataset, f.used)},
		{"peak.percentage", 100 * ratio(f.used, f.peak)},
		{"allocator.allocated", f.heap},
		{"allocator.active", f.active},
		{"allocator.resident", f.resident},
		{"allocator.muzzy", int64(0)},
		{"allocator-fragmentation.ratio", ratio(f.active, f.heap)},
		{"allocator-fragmentation.bytes", f.active - f.heap},
		{"allocator-rss.ratio", ratio(f.resident, f.active)},
		{"allocator-rss.bytes", f.resident - f.active},
		{"rss-overhead.ratio", 1.0},
		{"rss-overhead.bytes", int64(0)},
		{"fragmentation", ratio(f.resident, f.used)},
		{"fragmentation.bytes", f.resident - f.used},
	}
	return before, after
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
