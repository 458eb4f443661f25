package servercmd

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

func (r *report) server() {
	svc, cfg, now := r.svc, r.svc.Config, time.Now()
	uptime := (r.c.Tx.NowMs() - svc.StartMs) / 1000
	r.str("redis_version", command.CompatVersion)
	r.str("medley_version", command.Version)
	r.str("redis_git_sha1", "00000000")
	r.num("redis_git_dirty", 0)
	r.str("redis_build_id", "0")
	r.str("redis_mode", "standalone")
	r.str("os", osName())
	r.num("arch_bits", strconv.IntSize)
	r.str("monotonic_clock", "go runtime")
	r.str("multiplexing_api", multiplexing())
	r.str("atomicvar_api", "sync/atomic")
	r.str("go_version", strings.TrimPrefix(runtime.Version(), "go"))
	r.num("process_id", int64(os.Getpid()))
	r.str("process_supervised", "no")
	r.str("run_id", svc.RunID)
	r.num("tcp_port", cfg.Port.Load())
	r.num("server_time_usec", now.UnixMicro())
	r.num("uptime_in_seconds", uptime)
	r.num("uptime_in_days", uptime/86400)
	r.num("hz", cfg.Hz.Load())
	r.num("configured_hz", cfg.Hz.Load())
	r.num("lru_clock", r.c.Tx.NowMs()/1000&(1<<24-1))
	exe, _ := os.Executable() // empty where the system does not tell
	r.str("executable", exe)
	r.str("config_file", cfg.File())
	loops := 0
	if svc.ActiveLoops != nil {
		loops = svc.ActiveLoops()
	}
	r.num("io_threads_active", int64(loops))
	listeners := 0
	if port := cfg.Port.Load(); port != 0 {
		line := "name=tcp"
		for _, b := range cfg.Bind.Load() {
			line += ",bind=" + b
		}
		r.str("listener0", line+",port="+strconv.FormatInt(port, 10))
		listeners++
	}
	if path := cfg.Unixsocket.Load(); path != "" {
		r.str("listener"+strconv.Itoa(listeners), "name=unix,bind="+path)
	}
}

func multiplexing() string {
	if runtime.GOOS == "linux" {
		return "epoll"
	}
	return "goroutines"
}

func (r *report) clients() {
	t := r.totals()
	r.num("connected_clients", int64(t.clients))
	r.num("cluster_connections", 0)
	r.num("maxclients", r.svc.Config.Maxclients.Load())
	r.num("client_recent_max_input_buffer", int64(t.maxIn))
	r.num("client_recent_max_output_buffer", int64(t.maxOut))
	r.num("blocked_clients", int64(t.blocked))
	tracking, _, _, _ := r.svc.Tracking.Figures()
	r.num("tracking_clients", tracking)
	r.num("pubsub_clients", int64(t.subscribed))
	r.num("watching_clients", int64(t.watching))
	r.num("clients_in_timeout_table", int64(t.timeouts))
	r.num("total_watched_keys", int64(r.c.Tx.WatchedKeys()))
	waited, onLoss := r.c.Tx.WaitedKeys()
	r.num("total_blocking_keys", int64(waited))
	r.num("total_blocking_keys_on_nokey", int64(onLoss))
	r.pause()
}

// pause tells of CLIENT PAUSE.
func (r *report) pause() {
	until, kind := r.svc.Pause.Until()
	actions := "none"
	switch kind {
	case command.PauseAll:
		actions = "all"
	case command.PauseWrites:
		actions = "write"
	}
	reason := "none"
	if kind != command.PauseNone {
		reason = "client_pause"
	}
	r.str("paused_reason", reason)
	r.str("paused_actions", actions)
	r.num("paused_timeout_milliseconds", max(until-r.c.Tx.NowMs(), 0))
}

func (r *report) cluster() { r.num("cluster_enabled", 0) }

func (r *report) keyspace() {
	for db := range r.svc.Store.Databases() {
		f := r.c.Tx.Database(db)
		if f.Keys > 0 {
			r.str("db"+strconv.Itoa(db), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d,subexpiry=%d,keys_with_volatile_items=%d",
				f.Keys, f.Expires, f.AverageTTLMs, f.Due, f.Due))
		}
	}
}

func (r *report) cpu() {
	u := usage()
	r.fixed("used_cpu_sys", u.sys.Seconds(), 6)
	r.fixed("used_cpu_user", u.user.Seconds(), 6)
	r.fixed("used_cpu_sys_children", u.childSys.Seconds(), 6)
	r.fixed("used_cpu_user_children", u.childUser.Seconds(), 6)
	r.fixed("used_cpu_sys_main_thread", u.sys.Seconds(), 6)
	r.fixed("used_cpu_user_main_thread", u.user.Seconds(), 6)
	r.fixed("used_active_time_main_thread", (u.user + u.sys).Seconds(), 6) // no thread waits actively
}

// tls tells of certificates: the server has none.
func (r *report) tls() {
	for _, whose := range []string{"server", "client", "ca"} {
		r.str("tls_"+whose+"_cert_serial", "none")
		r.num("tls_"+whose+"_cert_expires_in_seconds", 0)
	}
}

// cpuUsage is the processor time of the process, and of children that have ended.
type cpuUsage struct{ sys, user, childSys, childUser time.Duration }
