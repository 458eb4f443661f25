package command

import (
	"slices"
	"strings"

	"github.com/medleydb/medley/keyspace"
)

// A Spec defines a command. It stands directly above its handler, and everything
// that needs to know the command derives from it: dispatch, locking, MULTI, the
// COMMAND family, ACL categories, documentation and generated tests.
type Spec struct {
	Name    string // lower case; of a subcommand the second word alone
	Group   Group
	Since   string // version of the field's server that brought it
	Summary string // one line
	// Syntax is what follows the name, in the notation of the field's
	// documentation: key [NX | XX] [EX seconds | PX milliseconds] value [value ...]
	Syntax     string
	Complexity string
	Arity      int // arguments with the name; negative: at least
	Flags      Flags
	Categories []string // beyond those that Group and Flags imply
	Keys       []KeySpec
	// Search finds the key that the last of Keys cannot say the place of: it returns its
	// position, 0 for none, and whether the command may also look at keys that are no
	// arguments, and so needs all shards. The arguments may be malformed.
	Search func(argv [][]byte) (at int, beyond bool)
	// Beyond reports whether the command may touch keys that are no arguments, and so needs
	// all shards, where that depends on more than the arguments; nil for never.
	Beyond func(sv *Services, argv [][]byte) bool
	// Long reports whether the command may keep its locks for long; nil for never.
	Long func(sv *Services, argv [][]byte) bool
	// Writes reports whether the command may change keys, of one with the flag MayReplicate
	// for which that depends on its arguments; nil for always.
	Writes func(sv *Services, argv [][]byte) bool
	Scope  Scope
	// Element is the argument that names the first element of the value that the command
	// looks for, counted from the end where it is negative; 0 for none. It is for looking
	// ahead: a wrong one costs time, and nothing else.
	Element int
	Run     func(*Context) error
	Subs    []*Spec
	// Tips for clients and proxies, as COMMAND INFO shows them.
	Tips []string
	// Of a deprecated command, since when, and what to use in its place.
	DeprecatedSince, ReplacedBy string

	// Set by NewTable.
	ID       int
	FullName string // container|sub, lower case
	parent   *Spec
	single   int  // argument that is the only key, or 0
	quick    bool // see Quick
	locking  Locking
}

// A Group is the family of a command, as documentation groups them.
type Group string

// The groups.
const (
	GroupBitmap       Group = "bitmap"
	GroupCluster      Group = "cluster"
	GroupConnection   Group = "connection"
	GroupGeneric      Group = "generic"
	GroupGeo          Group = "geo"
	GroupHash         Group = "hash"
	GroupHyperLogLog  Group = "hyperloglog"
	GroupList         Group = "list"
	GroupPubSub       Group = "pubsub"
	GroupScripting    Group = "scripting"
	GroupServer       Group = "server"
	GroupSet          Group = "set"
	GroupSortedSet    Group = "sorted_set"
	GroupStream       Group = "stream"
	GroupString       Group = "string"
	GroupTransactions Group = "transactions"
)

// Flags are properties of a command.
type Flags uint32

// The flags, with the names that COMMAND INFO gives them.
const (
	Write           Flags = 1 << iota // write
	ReadOnly                          // readonly
	DenyOOM                           // denyoom
	Admin                             // admin
	PubSub                            // pubsub
	NoScript                          // noscript
	Blocking                          // blocking
	Loading                           // loading: runs while data is loaded
	Stale                             // stale: runs on a replica that lost its primary
	SkipMonitor                       // skip_monitor
	SkipSlowlog                       // skip_slowlog
	Asking                            // asking
	Fast                              // fast
	NoAuth                            // no_auth
	MayReplicate                      // may_replicate
	Sentinel                          // sentinel
	NoAsyncLoading                    // no_async_loading
	NoMulti                           // no_multi
	MovableKeys                       // movablekeys; set by NewTable
	AllowBusy                         // allow_busy
	NoMandatoryKeys                   // no_mandatory_keys
	Protected                         // protected; hidden
	ArbitraryKeys                     // touches_arbitrary_keys; hidden
)

var flagNames = [...]string{"write", "readonly", "denyoom", "admin", "pubsub", "noscript",
	"blocking", "loading", "stale", "skip_monitor", "skip_slowlog", "asking", "fast", "no_auth",
	"may_replicate", "sentinel", "no_async_loading", "no_multi", "movablekeys", "allow_busy", "no_mandatory_keys"}

// Names returns the names of the flags that COMMAND INFO shows.
func (f Flags) Names() []string {
	var names []string
	for i, n := range flagNames {
		if f&(1<<i) != 0 && Flags(1<<i)&(MayReplicate|Sentinel) == 0 {
			names = append(names, n)
		}
	}
	return names
}

// A Scope says which shards a command runs under.
type Scope uint8

// The scopes.
const (
	ScopeKeys       Scope = iota // those of its keys
	ScopeAll                     // all
	ScopeAllInMulti              // none by itself, all when it is queued in MULTI
	ScopeSession                 // those of the session's queued commands and watched keys
)

// Has reports whether all of the flags are set.
func (s *Spec) Has(f Flags) bool { return s.Flags&f == f }

// Parent returns the container of a subcommand, or nil.
func (s *Spec) Parent() *Spec { return s.parent }

// ArityOK reports whether a command of n arguments, its name included, has the
// right number of them.
func (s *Spec) ArityOK(n int) bool {
	if s.Arity >= 0 {
		return n == s.Arity
	}
	return n >= -s.Arity
}

var groupCategories = map[Group]string{
	GroupBitmap: "bitmap", GroupConnection: "connection", GroupGeneric: "keyspace", GroupGeo: "geo",
	GroupHash: "hash", GroupHyperLogLog: "hyperloglog", GroupList: "list", GroupPubSub: "pubsub",
	GroupScripting: "scripting", GroupSet: "set", GroupSortedSet: "sortedset", GroupStream: "stream",
	GroupString: "string", GroupTransactions: "transaction",
}

// AllCategories returns the ACL categories of the command, without @, those that
// its group and flags imply included.
func (s *Spec) AllCategories() []string {
	var list []string
	add := func(name string) {
		for _, have := range list {
			if have == name {
				return
			}
		}
		list = append(list, name)
	}
	for _, c := range s.Categories {
		if c != NoGroup {
			add(c)
		}
	}
	if len(s.Subs) == 0 || s.Run != nil {
		if c := groupCategories[s.Group]; c != "" && !s.noGroupCategory() {
			add(c)
		}
	}
	implied := [...]struct {
		flag Flags
		name string
	}{{Write, "write"}, {ReadOnly, "read"}, {Admin, "admin"}, {Admin, "dangerous"}, {PubSub, "pubsub"}, {Fast, "fast"}, {Blocking, "blocking"}}
	for _, i := range implied {
		if s.Flags&i.flag != 0 && !(i.name == "read" && s.Group == GroupScripting) {
			add(i.name)
		}
	}
	if s.Flags&Fast == 0 {
		add("slow")
	}
	return list
}

// noGroupCategory is the mark of commands that belong to their group for
// readers only: SORT is documented among the generic ones and is no @keyspace.
func (s *Spec) noGroupCategory() bool {
	return len(s.Categories) > 0 && s.Categories[0] == NoGroup
}

// NoGroup as the first of Spec.Categories takes away the category of the group.
const NoGroup = ""

// Locking is how the locks of a command are found.
type Locking uint8

const (
	LockNone Locking = iota // none
	LockSingle
	LockKeys
	LockAll
	LockSession
)

// Table finds commands by name.
type Table struct {
	byName map[string]*Spec
	slots  []*Spec // by hash of the name
	specs  []*Spec // top level, in the order of NewTable's argument
	count  int
}

// NewTable returns the table of the given commands. It copies them, so that engines
// in one process share nothing.
func NewTable(specs []*Spec) *Table {
	t := &Table{byName: map[string]*Spec{}}
	for _, given := range specs {
		s := new(Spec)
		*s = *given
		if t.byName[s.Name] != nil {
			panic("command: " + s.Name + " is defined twice")
		}
		t.specs = append(t.specs, s)
		t.byName[s.Name] = s
		t.prepare(s, nil)
		s.Subs = nil
		for _, given := range given.Subs {
			sub := new(Spec)
			*sub = *given
			sub.Group = s.Group
			s.Subs = append(s.Subs, sub)
			t.prepare(sub, s)
			t.byName[sub.FullName] = sub
		}
	}
	t.fill()
	return t
}

func (t *Table) prepare(s, parent *Spec) {
	s.ID, s.FullName, s.parent = t.count, s.Name, parent
	t.count++
	if parent != nil {
		s.FullName = parent.Name + "|" + s.Name
	}
	for _, k := range s.Keys {
		if k.NumKeys || k.Keyword != "" || k.Flags&Incomplete != 0 {
			s.Flags |= MovableKeys
		}
	}
	if s.Search != nil {
		s.Flags |= MovableKeys
	}
	s.locking = s.chooseLocking()
	s.quick = (s.locking == LockSingle || s.locking == LockNone) && (s.Has(Fast) || strings.HasPrefix(s.Complexity, "O(1)"))
}

func (s *Spec) chooseLocking() Locking {
	switch {
	case s.Scope == ScopeAll:
		return LockAll
	case s.Scope == ScopeSession:
		return LockSession
	case !slices.ContainsFunc(s.Keys, func(k KeySpec) bool { return k.Flags&NotKey == 0 }):
		return LockNone
	case len(s.Keys) == 1 && s.Keys[0].isSingle() && s.Search == nil:
		s.single = s.Keys[0].Begin
		return LockSingle
	}
	return LockKeys
}

// Len returns the number of commands, subcommands included.
func (t *Table) Len() int { return t.count }

// All returns the commands without their subcommands.
func (t *Table) All() []*Spec { return t.specs }

// Lookup returns the command or subcommand (container|sub) with the name, in any
// case, or nil.
func (t *Table) Lookup(name string) *Spec { return t.byName[strings.ToLower(name)] }

// Find returns the command that the arguments name: of a container the
// subcommand, where there is one.
func (t *Table) Find(argv [][]byte) *Spec {
	s := t.find(foldHash(argv[0]), argv[0], nil)
	if s == nil || len(s.Subs) == 0 || len(argv) < 2 {
		return s
	}
	return t.find(foldHash(argv[1]), argv[1], s)
}

// find looks in the hash table of names: open addressing, twice as many slots as
// names. It is measured to take a third of the time of a Go map with the name in
// lower case, which counts at a hundred nanoseconds a command.
func (t *Table) find(h uint32, name []byte, parent *Spec) *Spec {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == nil || s.parent == parent && EqualFold(name, s.Name) {
			return s
		}
	}
}

func foldHash(name []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		h = (h ^ uint32(c)) * 16777619
	}
	return h ^ h>>15
}

// fill builds the hash table.
func (t *Table) fill() {
	n := 16
	for n < 2*t.count {
		n *= 2
	}
	t.slots = make([]*Spec, n)
	for _, s := range t.byName {
		i := foldHash([]byte(s.Name)) & uint32(n-1)
		for t.slots[i] != nil {
			i = (i + 1) & uint32(n-1)
		}
		t.slots[i] = s
	}
}

// AddShards adds the shards that the command needs in a transaction to the set.
func (s *Spec) AddShards(sv *Services, argv [][]byte, set keyspace.ShardSet) {
	store := sv.Store
	if s.locking == LockAll || s.Scope == ScopeAllInMulti || s.Beyond != nil && s.Beyond(sv, argv) {
		set.AddAll(store)
		return
	}
	if s.Search != nil {
		if _, beyond := s.Search(argv); beyond {
			set.AddAll(store)
			return
		}
	}
	s.EachKey(argv, func(key []byte, _ KeyFlags) { set.Add(store.ShardOf(key)) })
}

// Quick reports whether every call with a few arguments takes about as long as any other, so
// that the time of some in a row may be measured together.
func (s *Spec) Quick() bool { return s.quick }

// ElementOf returns the name of the element that the command looks for first, or nil.
func (s *Spec) ElementOf(argv [][]byte) []byte {
	i := s.Element
	if i < 0 {
		i += len(argv)
	}
	if i <= 0 || i >= len(argv) {
		return nil
	}
	return argv[i]
}

// Locking returns how the locks of the command are found.
func (s *Spec) Locking() Locking { return s.locking }

// SingleKey returns the command's only key where the spec says that it has just
// one at a fixed place, else nil.
func (s *Spec) SingleKey(argv [][]byte) []byte {
	if s.single == 0 || s.single >= len(argv) {
		return nil
	}
	return argv[s.single]
}
