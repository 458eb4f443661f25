package keyspace

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
