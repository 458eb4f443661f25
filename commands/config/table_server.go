package config

import (
	"math"
	"runtime"
)

const (
	maxInt32  = math.MaxInt32
	minInt32  = math.MinInt32
	maxUint32 = math.MaxUint32
	maxInt64  = math.MaxInt64
	kib       = 1 << 10
	mib       = 1 << 20
	maxPort   = 65535

	maxIOThreads = 256
)

func (t *table) network(c *Network) {
	c.Bind.store([]string{"127.0.0.1", "-::1"})
	t.add("bind", bindKind(&c.Bind), multi, false)
	t.string("bind-source-addr", &c.BindSourceAddr, "", nil, live)
	t.int("port", &c.Port, 6379, 0, maxPort, live)
	t.int("tcp-backlog", &c.TCPBacklog, 511, 0, maxInt32, immutable)
	t.int("tcp-keepalive", &c.TCPKeepalive, 300, 0, maxInt32, live)
	t.int("timeout", &c.Timeout, 0, 0, maxInt32, live)
	t.int("socket-mark-id", nil, 0, 0, maxUint32, immutable)
	t.bool("mptcp", nil, false, live)
	t.string("unixsocket", &c.Unixsocket, "", nil, immutable)
	// Hidden: a client of Redis, which has none, may set back all that it was shown.
	t.string("unixsocketgroup", &c.Unixsocketgroup, "", nil, immutable|hidden)
	t.number("unixsocketperm", &c.Unixsocketperm, 0, numberKind{max: 0o777, form: octal}, immutable)
	t.bool("protected-mode", &c.ProtectedMode, true, live)
	t.int("maxclients", &c.Maxclients, 10000, 1, maxUint32, live)
	t.int("max-new-connections-per-cycle", &c.MaxNewConnectionsPerCycle, 10, 1, 1000, live)
	t.int("max-new-tls-connections-per-cycle", &c.MaxNewTLSConnectionsPerCycle, 1, 1, 1000, live)
	t.size("proto-max-bulk-len", &c.ProtoMaxBulkLen, 512*mib, mib, maxInt64, live)
	t.size("client-query-buffer-limit", &c.ClientQueryBufferLimit, 1024*mib, mib, maxInt64, live)
	c.ClientOutputBufferLimit.store(OutputLimits{
		ReplicaClients: {HardBytes: 256 * mib, SoftBytes: 64 * mib, SoftSeconds: 60},
		PubsubClients:  {HardBytes: 32 * mib, SoftBytes: 8 * mib, SoftSeconds: 60},
	})
	t.add("client-output-buffer-limit", outputKind(&c.ClientOutputBufferLimit), multi|repeats, false)
	t.number("maxmemory-clients", &c.MaxmemoryClients, 0, numberKind{min: -100, max: maxInt64, form: relative}, live)
	t.int("tracking-table-max-keys", &c.TrackingTableMaxKeys, 1000000, 0, maxInt64, live)
	t.string("availability-zone", &c.AvailabilityZone, "", nil, live)
	t.int("io-threads", &c.IOThreads, min(int64(runtime.GOMAXPROCS(0)), maxIOThreads), 1, maxIOThreads, live)
	t.bool("io-uring", &c.IOUring, true, immutable|hidden)
	t.bool("io-threads-always-active", &c.IOThreadsAlwaysActive, false, hidden)
	t.int("min-io-threads-avoid-copy-reply", nil, 7, 0, maxInt32, hidden)
	t.int("min-string-size-avoid-copy-reply", nil, 16*kib, 0, maxInt32, hidden)
	t.int("min-string-size-avoid-copy-reply-threaded", nil, 64*kib, 0, maxInt32, hidden)
	t.int("prefetch-batch-max-size", nil, 16, 0, 128, live)
	t.int("lookahead", nil, 16, 1, maxInt32, live)
	t.string("rdma-bind", nil, "", nil, live)
	t.int("rdma-port", nil, 0, 0, maxPort, live)
	t.int("rdma-rx-size", nil, mib, 64*kib, 16*mib, live)
	t.int("rdma-completion-vector", nil, -1, -1, 1024, live)
}

func (t *table) tls(c *Network) {
	t.int("tls-port", &c.TLSPort, 0, 0, maxPort, live)
	t.string("tls-cert-file", &c.TLSCertFile, "", nil, volatile)
	t.string("tls-key-file", &c.TLSKeyFile, "", nil, volatile)
	t.string("tls-key-file-pass", &c.TLSKeyFilePass, "", nil, sensitive)
	t.string("tls-client-cert-file", &c.TLSClientCertFile, "", nil, volatile)
	t.string("tls-client-key-file", &c.TLSClientKeyFile, "", nil, volatile)
	t.string("tls-client-key-file-pass", &c.TLSClientKeyFilePass, "", nil, sensitive)
	t.string("tls-dh-params-file", nil, "", nil, volatile)
	t.string("tls-ca-cert-file", &c.TLSCACertFile, "", nil, volatile)
	t.string("tls-ca-cert-dir", &c.TLSCACertDir, "", nil, volatile)
	t.enum("tls-auth-clients", &c.TLSAuthClients, int32(TLSAuthYes), []string{"no", "yes", "optional"}, live)
	t.enum("tls-auth-clients-user", &c.TLSAuthClientsUser, int32(TLSAuthUserOff), []string{"CN", "URI", "off"}, live)
	t.int("tls-auto-reload-interval", &c.TLSAutoReloadInterval, 0, 0, maxInt32, live)
	t.string("tls-protocols", &c.TLSProtocols, "", nil, live)
	t.string("tls-ciphers", &c.TLSCiphers, "", nil, live)
	t.string("tls-ciphersuites", &c.TLSCiphersuites, "", nil, live)
	t.bool("tls-prefer-server-ciphers", nil, false, live)
	t.bool("tls-session-caching", &c.TLSSessionCaching, true, live)
	t.int("tls-session-cache-size", nil, 20*1024, 0, maxInt32, live)
	t.int("tls-session-cache-timeout", nil, 300, 0, maxInt32, live)
	t.bool("tls-replication", &c.TLSReplication, false, live)
	t.bool("tls-cluster", &c.TLSCluster, false, live)
	t.string("tls-expected-peer-name", &c.TLSExpectedPeerName, "", nil, live)
}

func (t *table) process(c *Process, workDir string) {
	c.Dir.store(workDir)
	t.add("dir", dirKind(&c.Dir), protected|denyLoading|pinned, false)
	t.bool("daemonize", &c.Daemonize, false, immutable)
	t.enum("supervised", nil, 3, []string{"upstart", "systemd", "auto", "no"}, immutable)
	t.string("pidfile", &c.Pidfile, "", nil, immutable)
	t.string("logfile", &c.Logfile, "", nil, immutable)
	t.enum("loglevel", &c.Loglevel, int32(LogNotice), []string{"debug", "verbose", "notice", "warning", "nothing"}, live)
	t.enum("log-format", &c.LogFormat, int32(LogLegacy), []string{"legacy", "logfmt", "json"}, live)
	t.enum("log-timestamp-format", &c.LogTimestampFormat, int32(TimestampLegacy), []string{"legacy", "iso8601", "milliseconds"}, live)
	t.bool("hide-user-data-from-log", &c.HideUserDataFromLog, false, live)
	t.bool("syslog-enabled", &c.SyslogEnabled, false, immutable)
	t.string("syslog-ident", &c.SyslogIdent, "medley", nil, immutable)
	t.enum("syslog-facility", nil, 1, []string{"user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}, immutable)
	t.number("hz", &c.Hz, 10, numberKind{max: maxInt32, clamp: func(v int64) int64 { return min(max(v, 1), 500) }}, live)
	t.bool("dynamic-hz", nil, true, live)
	t.int("shutdown-timeout", &c.ShutdownTimeout, 10, 0, maxInt32, live)
	t.add("shutdown-on-sigint", shutdownKind(&c.ShutdownOnSigint), multi, false)
	t.add("shutdown-on-sigterm", shutdownKind(&c.ShutdownOnSigterm), multi, false)
	t.int("busy-reply-threshold", &c.BusyReplyThreshold, 5000, 0, maxInt64, live).alias("lua-time-limit")
	t.enum("enable-protected-configs", &c.EnableProtectedConfigs, int32(AccessNo), accessLevels(), immutable)
	t.enum("enable-debug-command", &c.EnableDebugCommand, int32(AccessNo), accessLevels(), immutable)
	t.enum("enable-module-command", &c.EnableModuleCommand, int32(AccessNo), accessLevels(), immutable)
	t.bool("enable-debug-assert", nil, false, live|hidden)
	t.string("debug-context", nil, "", nil, hidden)
	t.bool("crash-log-enabled", nil, true, live)
	t.bool("crash-memcheck-enabled", nil, true, live)
	t.bool("use-exit-on-panic", nil, false, hidden)
	t.int("watchdog-period", nil, 0, 0, maxInt32, hidden)
	t.string("ignore-warnings", nil, "", nil, live)
	t.bool("always-show-logo", nil, false, immutable)
	t.bool("set-proc-title", nil, true, immutable)
	t.string("proc-title-template", nil, "{title} {listen-addr} {server-mode}", checkTitle, live)
	t.string("locale-collate", nil, "", checkLocale, live)
	t.bool("disable-thp", nil, true, immutable)
	t.enum("oom-score-adj", nil, 0, []string{"no", "yes", "relative", "absolute"}, live)
	scores := new(Ref[[3]int])
	scores.store([3]int{0, 200, 800})
	t.add("oom-score-adj-values", oomKind(scores), multi, true)
	t.string("server-cpulist", nil, "", nil, immutable).alias("server_cpulist")
	t.string("bio-cpulist", nil, "", nil, immutable).alias("bio_cpulist")
	t.string("aof-rewrite-cpulist", nil, "", nil, immutable).alias("aof_rewrite_cpulist")
	t.string("bgsave-cpulist", nil, "", nil, immutable).alias("bgsave_cpulist")
}

func (t *table) security(c *Security) {
	t.string("requirepass", &c.Requirepass, "", nil, sensitive)
	t.string("aclfile", &c.Aclfile, "", nil, immutable)
	t.int("acllog-max-len", &c.AcllogMaxLen, 128, 0, maxInt64, live)
	t.enum("acl-pubsub-default", &c.ACLPubsubDefault, int32(PubsubResetChannels), []string{"allchannels", "resetchannels"}, live)
}

func (t *table) observability(c *Observability) {
	t.int("slowlog-log-slower-than", &c.SlowlogLogSlowerThan, 10000, -1, maxInt64, live).alias("commandlog-execution-slower-than")
	t.int("slowlog-max-len", &c.SlowlogMaxLen, 128, 0, maxInt64, live).alias("commandlog-slow-execution-max-len")
	t.int("slowlog-entry-max-argc", &c.SlowlogEntryMaxArgc, 32, 2, maxInt32, live)
	t.int("slowlog-entry-max-string-len", &c.SlowlogEntryMaxStringLen, 128, 1, maxInt32, live)
	t.int("commandlog-request-larger-than", &c.CommandlogRequestLargerThan, mib, -1, maxInt64, live)
	t.int("commandlog-large-request-max-len", &c.CommandlogLargeRequestMaxLen, 128, 0, maxInt64, live)
	t.int("commandlog-reply-larger-than", &c.CommandlogReplyLargerThan, mib, -1, maxInt64, live)
	t.int("commandlog-large-reply-max-len", &c.CommandlogLargeReplyMaxLen, 128, 0, maxInt64, live)
	t.int("latency-monitor-threshold", &c.LatencyMonitorThreshold, 0, 0, maxInt64, live)
	t.bool("latency-tracking", &c.LatencyTracking, true, live)
	c.LatencyTrackingInfoPercentiles.store([]float64{50, 99, 99.9})
	t.add("latency-tracking-info-percentiles", percentilesKind(&c.LatencyTrackingInfoPercentiles), multi, false)
	t.bool("key-memory-histograms", &c.KeyMemoryHistograms, false, live)
}
