package command

import (
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/commands/replication"
	"github.com/medleydb/medley/keyspace"
)

// A Peer is the far end of a session as the engine sees it: a connection of the
// server, or a program that called Do. Its methods may be called by any
// goroutine, with shard locks held: they must not block.
type Peer interface {
	// Addr and LocalAddr return host:port, a socket's path, or "".
	Addr() string
	LocalAddr() string
	// Resume hands over the reply of a command that has waited. It must not be
	// sent before the journal has reached the offset.
	Resume(reply Value, offset int64)
	// Retry makes the peer give its input to the engine again.
	Retry()
	// Kick closes the connection, after what has been written where that is
	// possible at once.
	Kick()
	// Send queues a message for the client, in the order of the calls and before the
	// reply of any command that has not begun yet.
	Send(m *Message)
	// Stats returns the connection's figures for CLIENT LIST.
	Stats() PeerStats
}

// PeerStats are figures of a connection, in bytes where not said otherwise.
type PeerStats struct {
	FD                  int
	QueryBuffer         int // unprocessed input
	Arguments           int // of a command that is not complete
	QueryBufferFree     int
	OutputBuffer        int // reply bytes not yet sent, messages included
	Messages            int // those of messages
	BytesIn, BytesOut   int64
	OutputBufferPending bool
}

// A Session is the state of one client. Fields without a lock belong to the
// goroutine that runs the session's commands; what other goroutines may see
// (CLIENT LIST) is atomic or behind mu.
type Session struct {
	ID        uint64
	Peer      Peer
	CreatedMs int64

	Proto     int // 2 or 3
	ReplyMode ReplyMode
	Closing   bool // the connection is closed after the reply
	Authed    bool
	// Commands in MULTI.
	InMulti bool
	Aborted bool // a queued command was refused
	Queue   []Queued
	Watch   keyspace.Watch
	// Replica is what is known of a client that is a replica, or may become one; else nil.
	Replica *replication.Replica
	// Written is the journal's offset behind the last change of the session.
	Written int64
	// FieldSets are the lists of fields that HIMPORT PREPARE has named; nil for none.
	FieldSets map[string][][]byte

	// Caching is what CLIENT CACHING said of the next command.
	Caching Caching

	subscribed [3]map[string]bool // names, by Topic
	tracking   atomic.Pointer[TrackingOptions]

	queueArgs  [][]byte // of Queue
	queueBytes []byte   // of queueArgs
	ran        *Spec    // the last command

	db       atomic.Int32
	flags    atomic.Uint32
	queued   atomic.Int32 // commands in the queue, -1 outside MULTI
	queuedB  atomic.Int64 // bytes of their arguments
	watching atomic.Int32
	subs     [3]atomic.Int32 // by Topic
	lastMs   atomic.Int64
	lastSpec atomic.Pointer[Spec]
	commands atomic.Int64
	proto    atomic.Int32
	weight   atomic.Int64 // Clients.Weigh's
	arriving atomic.Int64 // Arriving's

	mu     sync.Mutex
	name   string
	libs   [2]string // library's name and version
	user   string
	parked *Parked

	named       bool        // a name, user or library was set
	heldAt      int         // Pause.held's
	resumption  *resumption // Pause's
	softSinceMs int64       // OverSoftLimit's
}

// A Queued is a command in MULTI; it owns its arguments.
type Queued struct {
	Spec *Spec
	Argv [][]byte
}

// ReplyMode is what CLIENT REPLY chose.
type ReplyMode uint8

// The modes.
const (
	ReplyOn       ReplyMode = iota
	ReplyOff                // nothing is answered
	ReplySkip               // the present command is not answered
	ReplySkipNext           // the next command is not answered
)

// Hush is told that a command begins, when ReplyMode is not ReplyOn.
func (s *Session) Hush() {
	if s.ReplyMode == ReplySkipNext {
		s.ReplyMode = ReplySkip
	}
}

// Answers is told that a command has ended and reports whether its reply is sent.
// Whoever writes the reply of a command that has waited asks it too.
func (s *Session) Answers() bool {
	switch s.ReplyMode {
	case ReplyOff:
		return false
	case ReplySkip:
		s.ReplyMode = ReplyOn
		return false
	}
	return true
}

// SessionFlags are marks of a session.
type SessionFlags uint32

// The marks.
const (
	NoTouch SessionFlags = 1 << iota
	NoEvict
	Blocked // waits for a key, or for the end of a pause
	CloseAfterReply
	UnixSocket
	ReadOnlySession
	Killed       // runs nothing any more; its connection is about to end
	ImportSource // reads keys that have expired, while data is imported
	Redirects    // understands a reply that sends it to another server
	Subscribed   // to a channel or pattern
	Tracks       // is told when keys change
	Monitors     // is sent every command
	Follows      // is a replica
	// BrokenRedirect means that the session which is told instead has gone.
	BrokenRedirect
)

// NewSession returns a session that speaks RESP2 to the peer.
func NewSession(id uint64, peer Peer, nowMs int64) *Session {
	s := &Session{ID: id, Peer: peer, CreatedMs: nowMs, Proto: 2}
	s.queued.Store(-1)
	s.lastMs.Store(nowMs)
	s.user = "default"
	s.proto.Store(2)
	return s
}

// DB returns the selected database.
func (s *Session) DB() int { return int(s.db.Load()) }

// Select selects a database.
func (s *Session) Select(db int) { s.db.Store(int32(db)) }

// SetProto chooses RESP2 or RESP3.
func (s *Session) SetProto(v int) {
	s.Proto = v
	s.proto.Store(int32(v))
}

// Flag reports whether the session has the mark.
func (s *Session) Flag(f SessionFlags) bool { return SessionFlags(s.flags.Load())&f != 0 }

// Flags returns all marks.
func (s *Session) Flags() SessionFlags { return SessionFlags(s.flags.Load()) }

// SetFlag sets or clears marks.
func (s *Session) SetFlag(f SessionFlags, on bool) {
	if on {
		s.flags.Or(uint32(f))
	} else {
		s.flags.And(^uint32(f))
	}
}

// Name returns what CLIENT SETNAME set.
func (s *Session) Name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// SetName sets the name.
func (s *Session) SetName(name string) {
	s.mu.Lock()
	s.name, s.named = name, true
	s.mu.Unlock()
}

// User returns the name of the authenticated user.
func (s *Session) User() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user
}

// SetUser sets the authenticated user.
func (s *Session) SetUser(name string) {
	s.mu.Lock()
	s.user, s.named = name, true
	s.mu.Unlock()
}

// Lib returns the client library's name and version.
func (s *Session) Lib() (name, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.libs[0], s.libs[1]
}

// SetLib sets the library's name, or its version.
func (s *Session) SetLib(version bool, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named = true
	if version {
		s.libs[1] = text
	} else {
		s.libs[0] = text
	}
}

// Enqueue adds a command to the transaction; argv is copied, and good until the next
// transaction begins.
func (s *Session) Enqueue(spec *Spec, argv [][]byte) {
	from := len(s.queueArgs)
	for _, a := range argv {
		at := len(s.queueBytes)
		s.queueBytes = append(s.queueBytes, a...)
		s.queueArgs = append(s.queueArgs, s.queueBytes[at:len(s.queueBytes):len(s.queueBytes)])
	}
	s.Queue = append(s.Queue, Queued{spec, s.queueArgs[from:len(s.queueArgs):len(s.queueArgs)]})
}

// Note brings up to date what others see of the commands that the session has given and queued
// lately. It is for the end of many, since each would pay for it.
func (s *Session) Note() {
	if s.lastSpec.Load() != s.ran {
		s.lastSpec.Store(s.ran)
	}
	if s.InMulti {
		s.queued.Store(int32(len(s.Queue)))
		s.queuedB.Store(int64(len(s.queueBytes)))
	}
}

// How much room a session keeps for the commands of its next transaction: many wait for theirs.
const (
	keptQueueBytes = 4 << 10
	keptQueueArgs  = 128
)

// Begin starts a transaction.
func (s *Session) Begin() {
	s.InMulti, s.Aborted = true, false
	s.queued.Store(0)
}

// EndMulti leaves the transaction.
func (s *Session) EndMulti() {
	s.InMulti, s.Aborted = false, false
	if cap(s.queueBytes) > keptQueueBytes || cap(s.queueArgs) > keptQueueArgs {
		s.Queue, s.queueArgs, s.queueBytes = nil, nil, nil
	} else { // not cleared: the effects of the transaction are on their way to the journal
		s.Queue, s.queueArgs, s.queueBytes = s.Queue[:0], s.queueArgs[:0], s.queueBytes[:0]
	}
	s.queued.Store(-1)
	if s.queuedB.Load() != 0 {
		s.queuedB.Store(0)
	}
}

// NoteWatches brings the number of watched keys that others see up to date.
func (s *Session) NoteWatches() {
	if n := int32(s.Watch.Len()); s.watching.Load() != n {
		s.watching.Store(n)
	}
}

// Ran notes the command that the session has given; nil for one that there is not. What is quick
// and about data is seen after Note only.
func (s *Session) Ran(spec *Spec) {
	if s.ran = spec; spec == nil || !spec.Quick() || spec.Flags&(ReadOnly|Write) == 0 {
		s.Note()
	}
}

// Active notes the time of the last input and how many commands it brought.
func (s *Session) Active(nowMs int64, commands int) {
	s.Note()
	s.lastMs.Store(nowMs)
	s.commands.Add(int64(commands))
}

// LastMs returns the time of the last input.
func (s *Session) LastMs() int64 { return s.lastMs.Load() }

// Commands returns how many commands the session has run.
func (s *Session) Commands() int64 { return s.commands.Load() }

// LastSpec returns the last command, or nil.
func (s *Session) LastSpec() *Spec { return s.lastSpec.Load() }

// QueueLen returns the number of queued commands, -1 outside MULTI.
func (s *Session) QueueLen() int { return int(s.queued.Load()) }

// QueueBytes returns the size of the queued commands' arguments.
func (s *Session) QueueBytes() int64 { return s.queuedB.Load() }

// Watching returns the number of watched keys; 0 when one of them has changed, since
// the others make no difference any more.
func (s *Session) Watching() int {
	if s.Watch.Broken() {
		return 0
	}
	return int(s.watching.Load())
}

// Subscriptions returns the numbers of channels, patterns and shard channels that the
// session is subscribed to.
func (s *Session) Subscriptions() (channels, patterns, shard int) {
	return int(s.subs[0].Load()), int(s.subs[1].Load()), int(s.subs[2].Load())
}

// Altered reports whether the session is in another state than a new one, apart from
// a command that waits.
func (s *Session) Altered() bool {
	if s.InMulti || s.Watch.Len() > 0 || s.DB() != 0 || s.Closing || s.ReplyMode != ReplyOn || s.Flags()&^Blocked != 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.named
}

// SeenProto returns the protocol version, for others than the session's owner.
func (s *Session) SeenProto() int { return int(s.proto.Load()) }

// Restart brings the session back to its first state, as RESET does, but for what it
// told of its library and capabilities. Watched keys must have been released.
func (s *Session) Restart(authed bool) {
	s.EndMulti()
	s.FieldSets = nil
	s.Select(0)
	s.SetProto(2)
	s.ReplyMode = ReplyOn
	s.SetFlag(NoTouch|NoEvict|ReadOnlySession|ImportSource, false)
	s.Authed = authed
	s.SetName("")
	s.SetUser("default")
}

// Parked is a command that waits.
type Parked struct {
	Waiter     *keyspace.Waiter
	DeadlineMs int64 // 0 for never
	TimedOut   Value
	Spec       *Spec
	SinceMs    int64
}

// Park notes the command that the session waits with; nil when it goes on.
func (s *Session) Park(p *Parked) {
	s.mu.Lock()
	s.parked = p
	s.mu.Unlock()
	s.SetFlag(Blocked, p != nil)
}

// Parked returns the command that the session waits with, or nil.
func (s *Session) Parked() *Parked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parked
}
