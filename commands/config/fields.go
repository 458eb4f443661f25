package config

// The fields of Config by area. Each is the value of one row of a table, under the directive's
// name in camel case; the row has the default and the bounds. Seconds, milliseconds and bytes are
// as the comments say.

// Network holds what concerns connections.
type Network struct {
	Bind                         Ref[[]string] // addresses; "-" in front: skip it if the machine lacks it; "*": all
	BindSourceAddr               String        // local address of outgoing connections; "": any
	Port                         Int           // 0: no TCP
	TCPBacklog                   Int
	TCPKeepalive                 Int // seconds; 0: off
	Timeout                      Int // seconds after which an idle client is closed; 0: never
	Unixsocket                   String
	Unixsocketgroup              String
	Unixsocketperm               Int // mode bits; 0: as umask leaves them
	ProtectedMode                Bool
	Maxclients                   Int
	IOThreads                    Int  // event loops; default one per processor; changes count from the next start on
	IOUring                      Bool // outputs are written by io_uring, where the system has it
	IOThreadsAlwaysActive        Bool // all event loops serve clients, whatever the load
	MaxNewConnectionsPerCycle    Int
	ProtoMaxBulkLen              Int // bytes
	ClientQueryBufferLimit       Int // bytes
	ClientOutputBufferLimit      Ref[OutputLimits]
	MaxmemoryClients             Int // bytes; negative: that percentage of maxmemory; 0: off
	TrackingTableMaxKeys         Int // 0: no limit
	TLSPort                      Int // 0: no TLS
	TLSCertFile                  String
	TLSKeyFile                   String
	TLSKeyFilePass               String
	TLSClientCertFile            String
	TLSClientKeyFile             String
	TLSClientKeyFilePass         String
	TLSCACertFile                String
	TLSCACertDir                 String
	TLSAuthClients               Enum[TLSAuthClients]
	TLSAuthClientsUser           Enum[TLSAuthUser]
	TLSAutoReloadInterval        Int    // seconds; 0: off
	TLSProtocols                 String // space-separated, as in "TLSv1.2 TLSv1.3"
	TLSCiphers                   String
	TLSCiphersuites              String
	TLSSessionCaching            Bool
	TLSReplication               Bool
	TLSCluster                   Bool
	TLSExpectedPeerName          String // names, space-separated; "": not checked
	MaxNewTLSConnectionsPerCycle Int
	AvailabilityZone             String // HELLO tells clients
}

// Process holds what concerns the server as a process.
type Process struct {
	Dir                    Ref[string] // absolute
	Daemonize              Bool
	Pidfile                String
	Logfile                String // "": standard output
	Loglevel               Enum[LogLevel]
	LogFormat              Enum[LogFormat]
	LogTimestampFormat     Enum[LogTimestamp]
	HideUserDataFromLog    Bool
	SyslogEnabled          Bool
	SyslogIdent            String
	Hz                     Int // background turns a second, 1 to 500
	ShutdownTimeout        Int // seconds to wait for replicas
	ShutdownOnSigint       Ref[ShutdownFlags]
	ShutdownOnSigterm      Ref[ShutdownFlags]
	BusyReplyThreshold     Int // milliseconds of a script before others are answered BUSY; 0: never
	EnableProtectedConfigs Enum[Access]
	EnableDebugCommand     Enum[Access]
	EnableModuleCommand    Enum[Access]
}

// Security holds what concerns users and passwords.
type Security struct {
	Requirepass      String
	Aclfile          String
	AcllogMaxLen     Int
	ACLPubsubDefault Enum[PubsubDefault]
}

// Data holds what concerns databases, memory and encodings.
type Data struct {
	Databases                  Int
	Maxmemory                  Int // bytes; 0: no limit
	MaxmemoryPolicy            Enum[EvictionPolicy]
	MaxmemorySamples           Int
	MaxmemoryEvictionTenacity  Int // 0 to 100
	LFULogFactor               Int
	LFUDecayTime               Int // minutes
	ActiveExpireEffort         Int // 1 to 10
	HashMaxListpackEntries     Int
	HashMaxListpackValue       Int // bytes
	ListMaxListpackSize        Int // elements, or -1 to -5: 4, 8, 16, 32, 64 KiB a node
	ListCompressDepth          Int
	SetMaxIntsetEntries        Int
	SetMaxListpackEntries      Int
	SetMaxListpackValue        Int // bytes
	ZsetMaxListpackEntries     Int
	ZsetMaxListpackValue       Int // bytes
	BitmapMaxBits              Int // bits of the longest bitmap; as many as the longest string has where that is more
	HLLSparseMaxBytes          Int // bytes
	StreamNodeMaxBytes         Int // bytes; 0: no limit
	StreamNodeMaxEntries       Int // 0: no limit
	StreamIdmpDuration         Int // seconds
	StreamIdmpMaxsize          Int // ids a producer
	ImportMode                 Bool
	LazyfreeLazyEviction       Bool // these say UNLINK for DEL in the journal, and what INFO counts
	LazyfreeLazyExpire         Bool
	LazyfreeLazyServerDel      Bool
	LazyfreeLazyUserDel        Bool
	LazyfreeLazyUserFlush      Bool
	NotifyKeyspaceEvents       Ref[KeyEvents]
	SanitizeDumpPayload        Enum[Sanitize]
	LuaEnableDeprecatedAPI     Bool
	ExtendedRedisCompatibility Bool
}

// Observability holds the logs of slow and large commands and latency figures.
type Observability struct {
	SlowlogLogSlowerThan           Int // microseconds; -1: off; 0: every command
	SlowlogMaxLen                  Int
	SlowlogEntryMaxArgc            Int
	SlowlogEntryMaxStringLen       Int // bytes
	CommandlogRequestLargerThan    Int // bytes; -1: off; 0: every command
	CommandlogLargeRequestMaxLen   Int
	CommandlogReplyLargerThan      Int // bytes; -1: off; 0: every command
	CommandlogLargeReplyMaxLen     Int
	LatencyMonitorThreshold        Int // milliseconds; 0: off
	LatencyTracking                Bool
	LatencyTrackingInfoPercentiles Ref[[]float64]
	KeyMemoryHistograms            Bool
}

// Persistence holds what concerns snapshots and the journal.
type Persistence struct {
	Save                              Ref[[]SavePoint]
	Dbfilename                        String
	Rdbcompression                    Bool
	RDBSaveIncrementalFsync           Bool
	Rdbchecksum                       Bool
	RDBVersion                        Enum[RDBVersion]
	RDBVersionCheck                   Enum[RDBVersionCheck]
	RDBKeySaveDelay                   Int // microseconds a key, for tests; negative: one microsecond every -n keys
	KeyLoadDelay                      Int // as RDBKeySaveDelay
	LoadingProcessEventsIntervalBytes Int
	StopWritesOnBgsaveError           Bool
	Appendonly                        Bool
	Appendfilename                    String
	Appenddirname                     String
	Appendfsync                       Enum[Fsync]
	NoAppendfsyncOnRewrite            Bool
	AutoAOFRewritePercentage          Int // 0: never
	AutoAOFRewriteMinSize             Int // bytes
	AOFLoadTruncated                  Bool
	AOFLoadCorruptTailMaxSize         Int // bytes; 0: never cut
	AOFUseRDBPreamble                 Bool
	AOFRewriteIncrementalFsync        Bool
	AOFTimestampEnabled               Bool
	AOFDisableAutoGC                  Bool
	Backupdirname                     String
	BackupSealedTTL                   Int    // seconds; 0: kept
	PreloadFile                       String // "rdb:path" or "aof:path"
}

// Replication holds what concerns replicas and their upstream.
type Replication struct {
	Replicaof                    Ref[Upstream]
	Masteruser                   String
	Masterauth                   String
	ReplicaServeStaleData        Bool
	ReplicaReadOnly              Bool
	ReplicaPriority              Int // 0: never promoted
	ReplicaAnnounced             Bool
	ReplicaAnnounceIP            String
	ReplicaAnnouncePort          Int
	ReplicaIgnoreMaxmemory       Bool
	ReplicaIgnoreDiskWriteErrors Bool
	ReplBacklogSize              Int // bytes
	ReplBacklogTTL               Int // seconds; 0: kept
	ReplTimeout                  Int // seconds
	ReplPingReplicaPeriod        Int // seconds
	ReplDisableTCPNodelay        Bool
	ReplDisklessSync             Bool
	ReplDisklessSyncDelay        Int // seconds
	ReplDisklessSyncMaxReplicas  Int
	ReplDisklessLoad             Enum[DisklessLoad]
	MinReplicasToWrite           Int // 0: off
	MinReplicasMaxLag            Int // seconds
	PropagationErrorBehavior     Enum[PropagationError]
}

// Cluster holds what concerns cluster mode.
type Cluster struct {
	ClusterEnabled                  Bool
	ClusterConfigFile               String
	ClusterNodeTimeout              Int // milliseconds
	ClusterPort                     Int
	ClusterAnnounceIP               String
	ClusterAnnouncePort             Int
	ClusterAnnounceTLSPort          Int
	ClusterAnnounceBusPort          Int
	ClusterAnnounceHostname         String
	ClusterAnnounceHumanNodename    String
	ClusterPreferredEndpointType    Enum[EndpointType]
	ClusterRequireFullCoverage      Bool
	ClusterAllowReadsWhenDown       Bool
	ClusterAllowPubsubshardWhenDown Bool
	ClusterSlotStatsEnabled         Bool
}
