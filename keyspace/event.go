package keyspace

import "bytes"

// An Event says what happened to a key, in the words of keyspace notifications.
type Event uint8

// An EventClass is a bit set of classes of events, as notify-keyspace-events
// names them.
type EventClass uint32

// The classes, with their letters.
const (
	ClassGeneric     EventClass = 1 << iota // g
	ClassString                             // $
	ClassList                               // l
	ClassSet                                // s
	ClassHash                               // h
	ClassZSet                               // z
	ClassExpired                            // x
	ClassEvicted                            // e
	ClassStream                             // t
	ClassKeyMiss                            // m
	ClassNew                                // n
	ClassOverwritten                        // o
	ClassTypeChanged                        // c

	// classTouched is no class: it says that changed keys are named to the Invalidator.
	classTouched EventClass = 1 << 31
	// classSubkeys is none, either: it says that events come with the parts of the value.
	classSubkeys EventClass = 1 << 30
	noClasses               = classTouched | classSubkeys
)

// The events.
const (
	EvNone Event = iota
	EvDel
	EvRenameFrom
	EvRenameTo
	EvMoveFrom
	EvMoveTo
	EvCopyTo
	EvRestore
	EvExpire
	EvPersist
	EvSortStore
	EvSet
	EvSetRange
	EvAppend
	EvIncrBy
	EvIncrByFloat
	EvSetBit
	EvPFAdd
	EvLPush
	EvRPush
	EvLPop
	EvRPop
	EvLInsert
	EvLSet
	EvLRem
	EvLTrim
	EvSAdd
	EvSRem
	EvSPop
	EvSInterStore
	EvSUnionStore
	EvSDiffStore
	EvSExpire
	EvSPersist
	EvSExpired
	EvHSet
	EvHIncrBy
	EvHIncrByFloat
	EvHDel
	EvHExpire
	EvHPersist
	EvHExpired
	EvZAdd
	EvZIncr
	EvZRem
	EvZPopMin
	EvZPopMax
	EvZRemRangeByScore
	EvZRemRangeByRank
	EvZRemRangeByLex
	EvZUnionStore
	EvZInterStore
	EvZDiffStore
	EvZRangeStore
	EvGeoSearchStore
	EvGeoRadiusStore
	EvZExpire
	EvZPersist
	EvZExpired
	EvXAdd
	EvXDel
	EvXTrim
	EvXSetID
	EvXGroupCreate
	EvXGroupDestroy
	EvXGroupSetID
	EvXGroupCreateConsumer
	EvXGroupDelConsumer
	EvExpired
	EvEvicted
	EvKeyMiss
	EvNew
	EvOverwritten
	EvTypeChanged
	eventCount
)

type eventInfo struct {
	name  string
	class EventClass
}

var eventTable = [eventCount]eventInfo{
	EvNone:                 {},
	EvDel:                  {"del", ClassGeneric},
	EvRenameFrom:           {"rename_from", ClassGeneric},
	EvRenameTo:             {"rename_to", ClassGeneric},
	EvMoveFrom:             {"move_from", ClassGeneric},
	EvMoveTo:               {"move_to", ClassGeneric},
	EvCopyTo:               {"copy_to", ClassGeneric},
	EvRestore:              {"restore", ClassGeneric},
	EvExpire:               {"expire", ClassGeneric},
	EvPersist:              {"persist", ClassGeneric},
	EvSortStore:            {"sortstore", ClassList},
	EvSet:                  {"set", ClassString},
	EvSetRange:             {"setrange", ClassString},
	EvAppend:               {"append", ClassString},
	EvIncrBy:               {"incrby", ClassString},
	EvIncrByFloat:          {"incrbyfloat", ClassString},
	EvSetBit:               {"setbit", ClassString},
	EvPFAdd:                {"pfadd", ClassString},
	EvLPush:                {"lpush", ClassList},
	EvRPush:                {"rpush", ClassList},
	EvLPop:                 {"lpop", ClassList},
	EvRPop:                 {"rpop", ClassList},
	EvLInsert:              {"linsert", ClassList},
	EvLSet:                 {"lset", ClassList},
	EvLRem:                 {"lrem", ClassList},
	EvLTrim:                {"ltrim", ClassList},
	EvSAdd:                 {"sadd", ClassSet},
	EvSRem:                 {"srem", ClassSet},
	EvSPop:                 {"spop", ClassSet},
	EvSInterStore:          {"sinterstore", ClassSet},
	EvSUnionStore:          {"sunionstore", ClassSet},
	EvSDiffStore:           {"sdiffstore", ClassSet},
	EvSExpire:              {"sexpire", ClassSet},
	EvSPersist:             {"spersist", ClassSet},
	EvSExpired:             {"sexpired", ClassSet},
	EvHSet:                 {"hset", ClassHash},
	EvHIncrBy:              {"hincrby", ClassHash},
	EvHIncrByFloat:         {"hincrbyfloat", ClassHash},
	EvHDel:                 {"hdel", ClassHash},
	EvHExpire:              {"hexpire", ClassHash},
	EvHPersist:             {"hpersist", ClassHash},
	EvHExpired:             {"hexpired", ClassHash},
	EvZAdd:                 {"zadd", ClassZSet},
	EvZIncr:                {"zincr", ClassZSet},
	EvZRem:                 {"zrem", ClassZSet},
	EvZPopMin:              {"zpopmin", ClassZSet},
	EvZPopMax:              {"zpopmax", ClassZSet},
	EvZRemRangeByScore:     {"zremrangebyscore", ClassZSet},
	EvZRemRangeByRank:      {"zremrangebyrank", ClassZSet},
	EvZRemRangeByLex:       {"zremrangebylex", ClassZSet},
	EvZUnionStore:          {"zunionstore", ClassZSet},
	EvZInterStore:          {"zinterstore", ClassZSet},
	EvZDiffStore:           {"zdiffstore", ClassZSet},
	EvZRangeStore:          {"zrangestore", ClassZSet},
	EvGeoSearchStore:       {"geosearchstore", ClassZSet},
	EvGeoRadiusStore:       {"georadiusstore", ClassZSet},
	EvZExpire:              {"zexpire", ClassZSet},
	EvZPersist:             {"zpersist", ClassZSet},
	EvZExpired:             {"zexpired", ClassZSet},
	EvXAdd:                 {"xadd", ClassStream},
	EvXDel:                 {"xdel", ClassStream},
	EvXTrim:                {"xtrim", ClassStream},
	EvXSetID:               {"xsetid", ClassStream},
	EvXGroupCreate:         {"xgroup-create", ClassStream},
	EvXGroupDestroy:        {"xgroup-destroy", ClassStream},
	EvXGroupSetID:          {"xgroup-setid", ClassStream},
	EvXGroupCreateConsumer: {"xgroup-createconsumer", ClassStream},
	EvXGroupDelConsumer:    {"xgroup-delconsumer", ClassStream},
	EvExpired:              {"expired", ClassExpired},
	EvEvicted:              {"evicted", ClassEvicted},
	EvKeyMiss:              {"keymiss", ClassKeyMiss},
	EvNew:                  {"new", ClassNew},
	EvOverwritten:          {"overwritten", ClassOverwritten},
	EvTypeChanged:          {"type_changed", ClassTypeChanged},
}

// String returns the event's name.
func (e Event) String() string { return eventTable[e].name }

// Class returns the event's class.
func (e Event) Class() EventClass { return eventTable[e].class }

// An Observer is told of events while the transaction still holds its locks. It
// must not block and must not call into the store; key is borrowed.
type Observer interface {
	KeyEvent(db int, key []byte, ev Event)
}

// SetSubkeyObserver sets who is told, after the Observer, which parts of a value an event is
// about, while TellSubkeys says so; call it before the first transaction. As an Observer it
// must not block and must not call into the store; what it is given is borrowed.
func (s *Store) SetSubkeyObserver(tell func(db int, key []byte, ev Event, subkeys [][]byte)) {
	s.subkeys = tell
}

// TellSubkeys says whether the observer of subkeys is told of events of the classes that
// Observe has chosen.
func (s *Store) TellSubkeys(on bool) {
	if on && s.subkeys != nil {
		s.classes.Or(uint32(classSubkeys))
	} else {
		s.classes.And(^uint32(classSubkeys))
	}
}

// TellsSubkeys reports whether Subkeys tells anybody of the event, so that a command need not
// gather them for nothing.
func (tx *Tx) TellsSubkeys(ev Event) bool {
	c := EventClass(tx.store.classes.Load())
	return c&classSubkeys != 0 && c&ev.Class() != 0
}

// Subkeys says which parts of the value, every step-th of the list, the event is about that was
// told last: fields of a hash.
func (tx *Tx) Subkeys(key []byte, ev Event, list [][]byte, step int) {
	if !tx.TellsSubkeys(ev) {
		return
	}
	subkeys := make([][]byte, 0, (len(list)+step-1)/step)
	for i := 0; i < len(list); i += step {
		subkeys = append(subkeys, list[i])
	}
	if len(subkeys) == 0 {
		return
	}
	if EventClass(tx.store.classes.Load())&firstClasses == 0 {
		tx.store.subkeys(tx.DB, key, ev, subkeys)
		return
	}
	for i, s := range subkeys {
		subkeys[i] = bytes.Clone(s)
	}
	tx.events = append(tx.events, event{tx.DB, bytes.Clone(key), ev, subkeys})
}

// A Touch is a key that a transaction has changed, and who did (Tx.Origin). The key is
// the receiver's to keep.
type Touch struct {
	Key    []byte
	Origin uint64
}

// An Invalidator is told of the keys that a transaction has changed, of whatever database,
// before its locks are released. It must not block and must not call into the store.
type Invalidator interface {
	// Invalidate is given the changed keys in their order; one may come twice.
	Invalidate(changed []Touch)
	// Flushed says that a database was emptied, or all.
	Flushed()
}

// SetInvalidator sets who is told of changed keys, while Track says so; call it before the
// first transaction.
func (s *Store) SetInvalidator(i Invalidator) { s.invalidator = i }

// Track says whether the Invalidator is told of changed keys.
func (s *Store) Track(on bool) {
	if on && s.invalidator != nil {
		s.classes.Or(uint32(classTouched))
	} else {
		s.classes.And(^uint32(classTouched))
	}
}

// TellTouches tells the Invalidator what has changed so far; the rest it is told when the
// transaction ends. A command that is to be remembered as a reader calls it, so that
// commands before it in the transaction do not invalidate what it has read.
func (tx *Tx) TellTouches() {
	if tx.flushed {
		tx.store.invalidator.Flushed()
		tx.flushed = false
	}
	if len(tx.touches) > 0 {
		tx.store.invalidator.Invalidate(tx.touches)
		clear(tx.touches)
		tx.touches = tx.touches[:0]
	}
}
