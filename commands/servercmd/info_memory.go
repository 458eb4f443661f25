package servercmd

import (
	"runtime/metrics"
	"strconv"

	"github.com/medleydb/medley/commands/command"
)

// memoryFigures are what INFO memory and MEMORY STATS have in common, in bytes.
type memoryFigures struct {
	used, peak        int64
	overhead, dataset int64
	buffers           int64 // of clients
	scripts           command.ScriptFigures
	heap, active      int64 // live objects of the Go heap; with what is free in its spans
	resident          int64 // of the process
}

func readMemory(r *report) memoryFigures {
	m := r.store()
	f := memoryFigures{buffers: r.totals().buffers, resident: residentBytes()}
	f.heap, f.active = goHeap()
	f.scripts = r.svc.Scripting.Figures()
	f.used = int64(m.Used()) + f.buffers + f.scripts.Memory()
	f.peak = r.svc.Rates.PeakMemory(f.used)
	f.overhead = int64(m.Index) + f.buffers + f.scripts.Memory()
	f.dataset = f.used - f.overhead
	return f
}

// goHeap returns the bytes of live objects and of the spans that hold them.
func goHeap() (live, active int64) {
	s := [...]metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(s[:])
	if s[0].Value.Kind() != metrics.KindUint64 || s[1].Value.Kind() != metrics.KindUint64 {
		return 0, 0
	}
	live = int64(s[0].Value.Uint64())
	return live, live + int64(s[1].Value.Uint64())
}

func ratio(a, b int64) float64 {
	if b <= 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (r *report) memory() {
	f := readMemory(r)
	cfg := r.svc.Config
	r.bytes("used_memory", f.used)
	r.bytes("used_memory_rss", f.resident)
	r.bytes("used_memory_peak", f.peak)
	r.str("used_memory_peak_perc", percent(ratio(f.used, f.peak)))
	r.num("used_memory_overhead", f.overhead)
	r.num("used_memory_startup", 0)
	r.num("used_memory_dataset", f.dataset)
	r.str("used_memory_dataset_perc", percent(ratio(f.dataset, f.used)))
	r.num("allocator_allocated", f.heap)
	r.num("allocator_active", f.active)
	r.num("allocator_resident", f.resident)
	r.num("allocator_muzzy", 0)
	r.bytes("total_system_memory", systemMemory())
	s := &f.scripts
	r.bytes("used_memory_lua", s.ScriptVMs)
	r.num("used_memory_vm_eval", s.ScriptVMs)
	r.num("used_memory_scripts_eval", s.ScriptBytes)
	r.num("number_of_cached_scripts", int64(s.Scripts))
	r.num("number_of_functions", int64(s.Functions))
	r.num("number_of_libraries", int64(s.Libraries))
	r.num("used_memory_vm_functions", s.FunctionVMs)
	r.bytes("used_memory_vm_total", s.ScriptVMs+s.FunctionVMs)
	r.num("used_memory_functions", s.FunctionBytes)
	r.bytes("used_memory_scripts", s.ScriptBytes+s.FunctionBytes)
	r.bytes("maxmemory", cfg.Maxmemory.Load())
	policy, _ := cfg.Value("maxmemory-policy")
	r.str("maxmemory_policy", policy)
	r.fixed("allocator_frag_ratio", ratio(f.active, f.heap), 2)
	r.num("allocator_frag_bytes", f.active-f.heap)
	r.fixed("allocator_rss_ratio", ratio(f.resident, f.active), 2)
	r.num("allocator_rss_bytes", f.resident-f.active)
	r.fixed("rss_overhead_ratio", 1, 2)
	r.num("rss_overhead_bytes", 0)
	r.fixed("mem_fragmentation_ratio", ratio(f.resident, f.used), 2)
	r.num("mem_fragmentation_bytes", f.resident-f.used)
	r.zeros("mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers",
		"mem_replica_full_sync_buffer", "mem_clients_slaves")
	r.num("mem_clients_normal", f.buffers)
	r.zeros("mem_cluster_links", "mem_aof_buffer")
	r.str("mem_allocator", "go")
	r.zeros("mem_overhead_db_hashtable_rehashing", "active_defrag_running", "lazyfree_pending_objects")
	r.num("lazyfreed_objects", r.svc.Stats.Lazyfreed.Load())
}

func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 2, 64) + "%" }
