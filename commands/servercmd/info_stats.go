package servercmd

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/persistence"
	"github.com/medleydb/medley/commands/replication"
)

func (r *report) persistence() {
	st := r.svc.Files.Status(r.counters().Dirty)
	if r.svc.Files == nil {
		st.LastSaveSec = r.svc.StartMs / 1000
	}
	r.flag("loading", st.Loading)
	r.zeros("async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age")
	r.fixed("current_fork_perc", 0, 2)
	r.num("current_save_keys_processed", st.SaveKeys)
	r.num("current_save_keys_total", st.SaveTotal)
	r.num("rdb_changes_since_last_save", st.Changes)
	r.flag("rdb_bgsave_in_progress", st.Saving)
	r.num("rdb_last_save_time", st.LastSaveSec)
	r.str("rdb_last_bgsave_status", okOrErr(st.LastFailed))
	r.num("rdb_last_bgsave_time_sec", st.LastTookSec)
	r.num("rdb_current_bgsave_time_sec", st.TakesSec)
	r.num("rdb_saves", st.Saves)
	r.num("rdb_last_cow_size", 0)
	r.num("rdb_last_load_keys_expired", st.ExpiredWhileLoadingKeys)
	r.num("rdb_last_load_keys_loaded", st.LoadedKeys)
	j := st.Journal
	r.flag("aof_enabled", j.On)
	r.flag("aof_rewrite_in_progress", j.Rewriting)
	r.flag("aof_rewrite_scheduled", j.Scheduled)
	r.num("aof_last_rewrite_time_sec", j.TookSec)
	r.num("aof_current_rewrite_time_sec", j.TakesSec)
	r.str("aof_last_bgrewrite_status", okOrErr(j.RewriteFailed))
	r.num("aof_rewrites", j.Rewrites)
	r.num("aof_rewrites_consecutive_failures", j.Failures)
	r.str("aof_last_write_status", okOrErr(j.Failing))
	r.zeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size")
	if j.On {
		r.num("aof_current_size", j.Size)
		r.num("aof_base_size", j.BaseSize)
		r.flag("aof_pending_rewrite", j.Scheduled)
		r.num("aof_buffer_length", j.Buffered)
		r.flag("aof_pending_bio_fsync", j.Unsynced)
		r.num("aof_delayed_fsync", j.Delayed)
	}
	if st.Loading {
		r.loading(st)
	}
}

func okOrErr(failed bool) string {
	if failed {
		return "err"
	}
	return "ok"
}

// loading tells how far the loading of data has come.
func (r *report) loading(st persistence.Status) {
	r.num("loading_start_time", st.LoadStartSec)
	r.num("loading_total_bytes", st.LoadTotal)
	r.num("loading_rdb_used_mem", 0)
	r.num("loading_loaded_bytes", st.Loaded)
	part, eta := 0.0, int64(1)
	if st.LoadTotal > 0 {
		part = float64(st.Loaded) / float64(st.LoadTotal)
	}
	if took := r.c.Tx.NowMs()/1000 - st.LoadStartSec; part > 0 {
		eta = int64(float64(took) * (1 - part) / part)
	}
	r.fixed("loading_loaded_perc", part*100, 2)
	r.num("loading_eta_seconds", eta)
}

func (r *report) stats() {
	st, rates, k, t := r.svc.Stats, r.svc.Rates, r.counters(), r.totals()
	errors, _ := st.Errors()
	r.num("total_connections_received", st.Connections.Load())
	r.num("total_commands_processed", st.Calls())
	r.num("instantaneous_ops_per_sec", rates.Ops.PerSecond())
	r.num("total_net_input_bytes", st.BytesIn.Load()+t.bytesIn)
	r.num("total_net_output_bytes", st.BytesOut.Load()+t.bytesOut)
	r.zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")
	r.fixed("instantaneous_input_kbps", float64(rates.BytesIn.PerSecond())/1024, 2)
	r.fixed("instantaneous_output_kbps", float64(rates.BytesOut.PerSecond())/1024, 2)
	r.fixed("instantaneous_input_repl_kbps", 0, 2)
	r.fixed("instantaneous_output_repl_kbps", 0, 2)
	r.num("rejected_connections", st.Rejected.Load())
	var f replication.Figures
	if p := r.svc.Primary; p != nil {
		f = p.Figures()
	}
	r.num("sync_full", f.Full)
	r.num("sync_partial_ok", f.Partial)
	r.num("sync_partial_err", f.Refused)
	r.num("expired_subkeys", k.ExpiredMembers)
	r.num("expired_fields", k.ExpiredMembers)
	r.num("expired_keys", k.Expired)
	r.fixed("expired_stale_perc", 0, 2)
	r.num("expired_time_cap_reached_count", 0)
	r.num("expire_cycle_cpu_milliseconds", st.ExpireCycleNs.Load()/1e6)
	r.num("evicted_keys", k.Evicted)
	r.num("evicted_clients", st.Evicted.Load())
	r.num("evicted_scripts", r.svc.Scripting.Figures().Evicted)
	r.zeros("total_eviction_exceeded_time", "current_eviction_exceeded_time")
	r.num("keyspace_hits", k.Hits)
	r.num("keyspace_misses", k.Misses)
	r.num("pubsub_channels", int64(r.svc.Hub.Count(command.Channels)))
	r.num("pubsub_patterns", int64(r.svc.Hub.Count(command.Patterns)))
	r.num("pubsubshard_channels", int64(r.svc.Hub.Count(command.ShardChannels)))
	r.zeros("latest_fork_usec", "total_forks")
	r.num("migrate_cached_sockets", int64(r.svc.Targets.Idle()))
	r.zeros("slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses",
		"active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time",
		"unexpected_error_replies")
	_, keys, items, prefixes := r.svc.Tracking.Figures()
	r.num("tracking_total_keys", keys)
	r.num("tracking_total_items", items)
	r.num("tracking_total_prefixes", prefixes)
	r.num("total_error_replies", errors)
	r.zeros("dump_payload_sanitizations")
	turns := st.LoopTurn()
	r.num("total_reads_processed", int64(turns.Total()))
	r.num("total_writes_processed", int64(turns.Total()))
	r.zeros("io_threaded_reads_processed", "io_threaded_writes_processed", "client_query_buffer_limit_disconnections")
	r.num("client_output_buffer_limit_disconnections", st.OutputLimit.Load())
	r.zeros("reply_buffer_shrinks", "reply_buffer_expands")
	r.num("eventloop_cycles", int64(turns.Total()))
	r.zeros("acl_access_denied_auth", "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel")
}

func (r *report) replication() {
	var f replication.Figures
	if p := r.svc.Primary; p != nil {
		f = p.Figures()
	}
	r.str("role", "master")
	r.num("connected_slaves", int64(len(f.Replicas)))
	if cfg := r.svc.Config; cfg.MinReplicasToWrite.Load() > 0 && cfg.MinReplicasMaxLag.Load() > 0 {
		r.num("min_slaves_good_slaves", f.Fresh)
	}
	for i, x := range f.Replicas {
		state := "wait_bgsave"
		if x.Online {
			state = "online"
		}
		r.str("slave"+strconv.Itoa(i), fmt.Sprintf("ip=%s,port=%d,state=%s,offset=%d,lag=%d", x.IP, x.Port, state, x.Offset, x.LagSec))
	}
	r.str("master_failover_state", "no-failover")
	r.str("master_replid", *r.svc.ReplID.Load())
	r.str("master_replid2", "0000000000000000000000000000000000000000")
	r.num("master_repl_offset", f.Offset)
	r.num("second_repl_offset", -1)
	r.flag("repl_backlog_active", f.Backlog)
	r.num("repl_backlog_size", r.svc.Config.ReplBacklogSize.Load())
	r.num("repl_backlog_first_byte_offset", f.BacklogFirst)
	r.num("repl_backlog_histlen", f.BacklogLen)
}

func (r *report) commandStats() {
	used := func(t command.CommandTotals) bool { return t.Calls > 0 || t.Rejected > 0 || t.Failed > 0 }
	specsByUse(r.svc, used, func(s *command.Spec, t command.CommandTotals) {
		each := 0.0
		if t.Calls > 0 {
			each = float64(t.Nanos/1000) / float64(t.Calls)
		}
		r.str("cmdstat_"+s.FullName, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			t.Calls, t.Nanos/1000, each, t.Rejected, t.Failed))
	})
}

func (r *report) errorStats() {
	_, byCode := r.svc.Stats.Errors()
	codes := make([]string, 0, len(byCode))
	for c := range byCode {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	for _, c := range codes {
		r.str("errorstat_"+c, "count="+strconv.FormatInt(byCode[c], 10))
	}
}

func (r *report) latencyStats() {
	if !r.svc.Config.LatencyTracking.Load() {
		return
	}
	percentiles := r.svc.Config.LatencyTrackingInfoPercentiles.Load()
	used := func(t command.CommandTotals) bool { return t.Calls > 0 }
	specsByUse(r.svc, used, func(s *command.Spec, _ command.CommandTotals) {
		h := r.svc.Stats.Latency(s)
		if h.Total() == 0 {
			return
		}
		line := ""
		for i, p := range percentiles {
			if i > 0 {
				line += ","
			}
			line += fmt.Sprintf("p%s=%.3f", command.FormatDouble(p), float64(h.Quantile(p/100))/1000)
		}
		r.str("latency_percentiles_usec_"+s.FullName, line)
	})
}

// medley tells of what only Medley has: shards, and how long locks are held and loops
// turn.
func (r *report) medley() {
	r.num("shards", int64(r.svc.Store.Shards()))
	r.num("store_allocated", int64(r.store().Allocated))
	lock, turn := r.svc.Stats.LockHold(), r.svc.Stats.LoopTurn()
	r.quantiles("lock_hold", &lock)
	r.quantiles("loop_turn", &turn)
}

// quantiles writes a histogram's figures in microseconds.
func (r *report) quantiles(name string, h *command.Counts) {
	for _, q := range [...]struct {
		name string
		at   float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}} {
		r.fixed(name+"_usec_"+q.name, float64(h.Quantile(q.at))/1000, 3)
	}
}
