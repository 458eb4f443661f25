package config

// EvictionPolicy is maxmemory-policy.
type EvictionPolicy int32

// The eviction policies: over keys with an expiry (volatile) or over all keys, by least recent
// use, least frequent use, least recent modification, at random, or by nearest expiry.
const (
	VolatileLRU EvictionPolicy = iota
	VolatileLFU
	VolatileRandom
	VolatileTTL
	VolatileLRM
	AllkeysLRU
	AllkeysLFU
	AllkeysRandom
	AllkeysLRM
	NoEviction
)

func evictionPolicies() []string {
	return []string{"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "volatile-lrm",
		"allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-lrm", "noeviction"}
}

// Fsync is appendfsync: when the journal is forced to disk.
type Fsync int32

// The fsync policies.
const (
	FsyncEverysec Fsync = iota
	FsyncAlways
	FsyncNo
)

// LogLevel is loglevel, from the most to the least talkative.
type LogLevel int32

// The log levels.
const (
	LogDebug LogLevel = iota
	LogVerbose
	LogNotice
	LogWarning
	LogNothing
)

// LogFormat is log-format.
type LogFormat int32

// The log formats: Redis's classic line, logfmt key=value pairs, JSON objects.
const (
	LogLegacy LogFormat = iota
	Logfmt
	LogJSON
)

// LogTimestamp is log-timestamp-format.
type LogTimestamp int32

// The timestamp formats of log lines.
const (
	TimestampLegacy LogTimestamp = iota
	TimestampISO8601
	TimestampMilliseconds
)

// Access says who may use a guarded facility (enable-debug-command and its like).
type Access int32

// The access levels; AccessLocal admits connections from this machine only.
const (
	AccessNo Access = iota
	AccessYes
	AccessLocal
)

func accessLevels() []string { return []string{"no", "yes", "local"} }

// Allows reports whether a caller, local or not, has access.
func (a Access) Allows(local bool) bool { return a == AccessYes || a == AccessLocal && local }

// Sanitize is sanitize-dump-payload: whose RESTORE payloads are checked deeply.
type Sanitize int32

// The sanitization levels.
const (
	SanitizeNo Sanitize = iota
	SanitizeYes
	SanitizeClients
)

// PubsubDefault is acl-pubsub-default: the channels that a new ACL user may use.
type PubsubDefault int32

// The default channel permissions of a new user.
const (
	PubsubAllChannels PubsubDefault = iota
	PubsubResetChannels
)

// RDBVersion is rdb-version: the version of the format in which snapshots are written. 10 is read
// from Redis 7.0 on, 11 from 7.2 on and by Valkey, 12 from Redis 7.4 on, 80 by Valkey 9.
type RDBVersion int32

// The versions.
const (
	RDBVersion11 RDBVersion = iota
	RDBVersion10
	RDBVersion12
	RDBVersion80
)

// Number returns the version as it stands in a file.
func (v RDBVersion) Number() int { return [...]int{11, 10, 12, 80}[v] }

// RDBVersionCheck is rdb-version-check: whether RDB files newer than known are tried.
type RDBVersionCheck int32

// The version checks.
const (
	RDBVersionStrict RDBVersionCheck = iota
	RDBVersionRelaxed
)

// DisklessLoad is repl-diskless-load.
type DisklessLoad int32

// The ways to load a full synchronisation without a file between.
const (
	DisklessLoadDisabled DisklessLoad = iota
	DisklessLoadOnEmptyDB
	DisklessLoadSwapDB
	DisklessLoadFlushBeforeLoad
)

// PropagationError is propagation-error-behavior.
type PropagationError int32

// What to do when a replica or the journal cannot apply a command.
const (
	PropagationErrorIgnore PropagationError = iota
	PropagationErrorPanic
	PropagationErrorPanicOnReplicas
)

// TLSAuthClients is tls-auth-clients: whether a client must show a certificate.
type TLSAuthClients int32

// The demands on client certificates.
const (
	TLSAuthNo TLSAuthClients = iota
	TLSAuthYes
	TLSAuthOptional
)

// TLSAuthUser is tls-auth-clients-user: the certificate field that names the ACL user.
type TLSAuthUser int32

// The certificate fields.
const (
	TLSAuthUserCN TLSAuthUser = iota
	TLSAuthUserURI
	TLSAuthUserOff
)

// EndpointType is cluster-preferred-endpoint-type.
type EndpointType int32

// What CLUSTER SLOTS and redirections name a node by.
const (
	EndpointIP EndpointType = iota
	EndpointHostname
	EndpointUnknown
)

// ShutdownFlags is shutdown-on-sigint and shutdown-on-sigterm: a set of SHUTDOWN's options; 0 is
// the default behaviour, save if save points exist.
type ShutdownFlags int32

// The options of a shutdown by signal. Safe and Failover are Valkey's.
const (
	ShutdownSave ShutdownFlags = 1 << iota
	ShutdownNosave
	ShutdownNow
	ShutdownForce
	ShutdownSafe
	ShutdownFailover
)

// SavePoint asks for a snapshot once Seconds have passed with at least Changes changes.
type SavePoint struct {
	Seconds int64
	Changes int64
}

// The client classes of client-output-buffer-limit, indexes of OutputLimits.
const (
	NormalClients = iota
	ReplicaClients
	PubsubClients
)

// OutputLimits is client-output-buffer-limit, by client class.
type OutputLimits [3]OutputLimit

// OutputLimit is the limit of one client class: a client is disconnected when its pending output
// exceeds HardBytes, or exceeds SoftBytes for SoftSeconds. 0 means no limit.
type OutputLimit struct {
	HardBytes   int64
	SoftBytes   int64
	SoftSeconds int64
}

// Upstream is replicaof: the server to replicate; the zero value means none.
type Upstream struct {
	Host string
	Port int
}

// KeyEvents is notify-keyspace-events: the classes of events that are published, and where to.
type KeyEvents uint32

// The letters of notify-keyspace-events, in the order in which CONFIG GET prints them.
const (
	EventGeneric       KeyEvents = 1 << iota // g: DEL, EXPIRE, RENAME, ...
	EventString                              // $
	EventList                                // l
	EventSet                                 // s
	EventHash                                // h
	EventZset                                // z
	EventExpired                             // x
	EventEvicted                             // e
	EventStream                              // t
	EventModule                              // d
	EventNew                                 // n: a key was created; not in A
	EventOverwritten                         // o: a value was replaced whole; not in A
	EventTypeChanged                         // c: the type of a key changed; not in A
	EventArray                               // a: arrays; not in A
	ToKeyspace                               // K: __keyspace@<db>__:<key>
	ToKeyevent                               // E: __keyevent@<db>__:<event>
	EventKeyMiss                             // m: a read found no key; not in A
	ToSubkeyspace                            // S: __subkeyspace@<db>__:<key>
	ToSubkeyevent                            // T: __subkeyevent@<db>__:<event>
	ToSubkeyspaceItem                        // I: __subkeyspaceitem@<db>__:<key>\n<field>
	ToSubkeyspaceEvent                       // V: __subkeyspaceevent@<db>__:<event>|<key>

	// EventsAll is the letter A.
	EventsAll = EventGeneric | EventString | EventList | EventSet | EventHash | EventZset |
		EventExpired | EventEvicted | EventStream | EventModule
)

// eventLetters has the letter of bit i at position i.
const eventLetters = "g$lshzxetdnocaKEmSTIV"

// String prints the classes as CONFIG GET does: the letters of all classes of A as one A.
func (e KeyEvents) String() string {
	var out []byte
	if e&EventsAll == EventsAll {
		out = append(out, 'A')
		e &^= EventsAll
	}
	for i := range eventLetters {
		if e&(1<<i) != 0 {
			out = append(out, eventLetters[i])
		}
	}
	return string(out)
}
