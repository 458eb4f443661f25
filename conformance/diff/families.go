package diff

// Families returns every family there is.
func Families() []Family {
	return []Family{stringFamily(), genericFamily(), connectionFamily(), transactionFamily(), hashFamily(), listFamily(), bitmapFamily(),
		hyperLogLogFamily(), geoFamily(), polygonFamily()}
}

// Expiry options. Whether SET with a time in the past keeps an expired key until
// somebody looks, or none, differs: such times are left to EXPIREAT and GETEX.
const (
	expiry = "(EX <seconds> | PX <millis> | EXAT <unix> | PXAT <unixms>)"
	later  = "(EX <seconds> | PX <millis> | EXAT <later> | PXAT <laterms>)"
)

func stringFamily() Family {
	return Family{"string", []Command{
		{Syntax: "SET <key> <value>", Weight: 4},
		{Syntax: "SET <key> <value> [NX | XX] [GET] [" + later + " | KEEPTTL]", Weight: 4},
		{Syntax: "SET <key> <value> [GET] [KEEPTTL | EX <seconds>] [XX | NX]"},
		{Syntax: "SET <key> <value> IFEQ <value> [GET] [" + later + " | KEEPTTL]", Requires: "redis>=8.4 valkey>=8.1"},
		{Syntax: "SET <key> <value> IFNE <value> [GET]", Requires: "redis>=8.4"},
		{Syntax: "SETNX <key> <value>"},
		{Syntax: "SETEX <key> <seconds> <value>"},
		{Syntax: "PSETEX <key> <millis> <value>"},
		{Syntax: "GET <key>", Weight: 4},
		{Syntax: "GETSET <key> <value>"},
		{Syntax: "GETDEL <key>"},
		{Syntax: "GETEX <key> [" + expiry + " | PERSIST]", Weight: 2},
		{Syntax: "MGET {<key>}", Weight: 2},
		{Syntax: "MSET {<key> <value>}", Weight: 2},
		{Syntax: "MSETNX {<key> <value>}"},
		{Syntax: "MSETEX 1 <key> <value> [NX | XX] [" + later + " | KEEPTTL]", Requires: "redis>=8.4 valkey>=9.1"},
		{Syntax: "MSETEX 2 <key> <value> <key> <value> [NX | XX] [" + later + " | KEEPTTL]", Requires: "redis>=8.4 valkey>=9.1"},
		{Syntax: "APPEND <key> <value>", Weight: 2},
		{Syntax: "STRLEN <key>"},
		{Syntax: "INCR <key>", Weight: 2},
		{Syntax: "DECR <key>"},
		{Syntax: "INCRBY <key> <int>"},
		{Syntax: "DECRBY <key> <int>"},
		{Syntax: "INCRBYFLOAT <key> <float>"},
		{Syntax: "INCREX <key> [BYINT <int>] [LBOUND <int>] [UBOUND <int>] [SATURATE] [" + expiry + "| PERSIST]", Requires: "redis>=8.8"},
		{Syntax: "GETRANGE <key> <index> <index>", Weight: 2},
		{Syntax: "SUBSTR <key> <index> <index>"},
		{Syntax: "SETRANGE <key> <offset> <value>", Weight: 2},
		{Syntax: "LCS <key> <key> [LEN] [IDX] [MINMATCHLEN <int>] [WITHMATCHLEN]"},
		{Syntax: "DELIFEQ <key> <value>", Requires: "valkey>=9.0"},
		{Syntax: "DELEX <key> [(IFEQ | IFNE) <value>]", Requires: "redis>=8.4"},
		{Syntax: "DIGEST <key>", Requires: "redis>=8.4"},
	}}
}

func genericFamily() Family {
	conditions := " [NX | XX | GT | LT | XX GT | LT XX]"
	return Family{"generic", []Command{
		{Syntax: "DEL {<key>}", Weight: 2},
		{Syntax: "UNLINK {<key>}"},
		{Syntax: "EXISTS {<key>}"},
		{Syntax: "TOUCH {<key>}"},
		{Syntax: "TYPE <key>", Weight: 2},
		{Syntax: "EXPIRE <key> <seconds>" + conditions, Weight: 2},
		{Syntax: "PEXPIRE <key> <millis>" + conditions},
		{Syntax: "EXPIREAT <key> <unix>" + conditions},
		{Syntax: "PEXPIREAT <key> <unixms>" + conditions},
		{Syntax: "TTL <key>"},
		{Syntax: "PTTL <key>"},
		{Syntax: "EXPIRETIME <key>"},
		{Syntax: "PEXPIRETIME <key>"},
		{Syntax: "PERSIST <key>"},
		{Syntax: "RENAME <key> <key>", Weight: 2},
		{Syntax: "RENAMENX <key> <key>"},
		{Syntax: "COPY <key> <key> [DB <db>] [REPLACE]", Weight: 2},
		{Syntax: "MOVE <key> <db>"},
		{Syntax: "KEYS <pattern>"},
		{Syntax: "SCAN 0 COUNT 1000 [MATCH <pattern>] [TYPE (string | hash | list)]"},
		{Syntax: "RANDOMKEY"},
		{Syntax: "DBSIZE"},
		{Syntax: "FLUSHDB"},
		{Syntax: "SWAPDB <db> <db>"},
	}}
}

func connectionFamily() Family {
	return Family{"connection", []Command{
		{Syntax: "PING [<value>]", Weight: 2},
		{Syntax: "ECHO <value>", Weight: 2},
		{Syntax: "SELECT <db>", Weight: 4},
		{Syntax: "CLIENT SETNAME (ann | bob)"},
		{Syntax: "CLIENT GETNAME"},
		{Syntax: "CLIENT ID"},
		{Syntax: "CLIENT TRACKINGINFO"},
		{Syntax: "CLIENT NO-EVICT (ON | OFF)"},
		{Syntax: "HELLO"},
		{Syntax: "RESET"},
	}}
}

// transactionFamily has the commands alone; whole blocks are made by the generator.
// To Valkey a MULTI or WATCH inside MULTI spoils the block, so that the two would
// part for good: it only gets blocks.
func transactionFamily() Family {
	return Family{"transactions", []Command{
		{Syntax: "MULTI", Requires: "redis"},
		{Syntax: "EXEC", Weight: 2},
		{Syntax: "DISCARD"},
		{Syntax: "WATCH {<key>}", Weight: 2, Requires: "redis"},
		{Syntax: "UNWATCH"},
	}}
}

func hashFamily() Family {
	return Family{"hash", []Command{
		{Syntax: "HSET <key> {<field> <value>}", Weight: 4},
		{Syntax: "HSETNX <key> <field> <value>"},
		{Syntax: "HMSET <key> {<field> <value>}"},
		{Syntax: "HGET <key> <field>", Weight: 2},
		{Syntax: "HMGET <key> {<field>}"},
		{Syntax: "HGETALL <key>", Weight: 2},
		{Syntax: "HKEYS <key>"},
		{Syntax: "HVALS <key>"},
		{Syntax: "HLEN <key>"},
		{Syntax: "HSTRLEN <key> <field>"},
		{Syntax: "HEXISTS <key> <field>"},
		{Syntax: "HDEL <key> {<field>}", Weight: 2},
		{Syntax: "HINCRBY <key> <field> <int>"},
		{Syntax: "HINCRBYFLOAT <key> <field> <float>"},
	}}
}

func listFamily() Family {
	return Family{"list", []Command{
		{Syntax: "(LPUSH | RPUSH) <key> {<value>}", Weight: 4},
		{Syntax: "(LPUSH | RPUSH) <key> (<values> | {<long>})"},
		{Syntax: "(LPUSHX | RPUSHX) <key> {<value>}"},
		{Syntax: "(LPOP | RPOP) <key> [<index>]", Weight: 2},
		{Syntax: "LLEN <key>"},
		{Syntax: "LRANGE <key> <index> <index>", Weight: 2},
		{Syntax: "LINDEX <key> (<index> | <position>)"},
		{Syntax: "LRANGE <key> <position> <position>"},
		{Syntax: "LSET <key> (<index> | <position>) (<value> | <long>)", Weight: 2},
		{Syntax: "LINSERT <key> (BEFORE | AFTER) <value> (<value> | <long>)", Weight: 2},
		{Syntax: "LREM <key> <index> <value>"},
		{Syntax: "LTRIM <key> <index> <index>"},
		{Syntax: "LTRIM <key> <position> <position>"},
		{Syntax: "LPOS <key> <value> [RANK <index>] [COUNT <index>] [MAXLEN <index>]"},
		{Syntax: "LMOVE <key> <key> (LEFT | RIGHT) (LEFT | RIGHT)"},
		{Syntax: "RPOPLPUSH <key> <key>"},
		{Syntax: "LMPOP 2 <key> <key> (LEFT | RIGHT) [COUNT <index>]"},
		{Syntax: "LMOVEM <key> <key> (LEFT | RIGHT) (LEFT | RIGHT) [(COUNT | EXACTLY) <index> (OBO | BULK)]", Requires: "redis>=8.10"},
		{Syntax: "(BLPOP | BRPOP) {<key>} <timeout>"},
		{Syntax: "BLMOVE <key> <key> (LEFT | RIGHT) (LEFT | RIGHT) <timeout>"},
		{Syntax: "BRPOPLPUSH <key> <key> <timeout>"},
		{Syntax: "BLMPOP <timeout> 2 <key> <key> (LEFT | RIGHT) [COUNT <index>]"},
	}}
}

// bitmapFamily has commands of strings too, since a bitmap is one.
func bitmapFamily() Family {
	field := "(GET <fieldtype> <fieldoffset> | [OVERFLOW (WRAP | SAT | FAIL)] (SET | INCRBY) <fieldtype> <fieldoffset> <fieldvalue>)"
	return Family{"bitmap", []Command{
		{Syntax: "SETBIT <key> <bit> (0 | 1 | 1 | 1)", Weight: 8},
		{Syntax: "GETBIT <key> <bit>", Weight: 2},
		{Syntax: "BITCOUNT <key> [<index> <index> [BIT | BYTE]]", Weight: 2},
		{Syntax: "BITCOUNT <key> <bit> <bit> BIT", Weight: 2},
		{Syntax: "BITPOS <key> (0 | 1) [<index>]", Weight: 2},
		{Syntax: "BITPOS <key> (0 | 1) <index> <index> [BIT | BYTE]"},
		{Syntax: "BITPOS <key> (0 | 1) <bit> <bit> BIT", Weight: 2},
		{Syntax: "BITOP (AND | OR | XOR) <key> {<key>}", Weight: 3},
		{Syntax: "BITOP NOT <key> <key>"},
		{Syntax: "BITOP (DIFF | DIFF1 | ANDOR | ONE) <key> {<key>}", Weight: 3, Requires: "redis>=8.2"},
		{Syntax: "BITFIELD <key> {" + field + "}", Weight: 4},
		{Syntax: "BITFIELD_RO <key> GET <fieldtype> <fieldoffset>"},
		{Syntax: "SET <key> <value>"},
		{Syntax: "GET <key>"},
		{Syntax: "STRLEN <key>"},
		{Syntax: "APPEND <key> <value>"},
		{Syntax: "SETRANGE <key> <offset> <value>"},
		{Syntax: "GETRANGE <key> <index> <index>"},
		{Syntax: "INCR <key>"},
		{Syntax: "DEL <key>"},
		{Syntax: "COPY <key> <key> REPLACE"},
	}}
}

// hyperLogLogFamily spoils no registers: where they do not add up, the field changes
// those that it can before it finds out, and Medley none.
func hyperLogLogFamily() Family {
	return Family{"hyperloglog", []Command{
		{Syntax: "PFADD <key> {<element>}", Weight: 6},
		{Syntax: "PFADD <key> (<elements> | <value>)", Weight: 2},
		{Syntax: "PFADD <key>"},
		{Syntax: "PFCOUNT <key>", Weight: 3},
		{Syntax: "PFCOUNT {<key>}", Weight: 2},
		{Syntax: "PFMERGE <key> {<key>}", Weight: 2},
		{Syntax: "PFDEBUG (ENCODING | DECODE | TODENSE | GETREG) <key>"},
		{Syntax: "GET <key>", Weight: 2},
		{Syntax: "GETRANGE <key> <index> <index>"},
		{Syntax: "SETRANGE <key> <hlloffset> (0 | a | H)"},
		{Syntax: "SET <key> <value>"},
		{Syntax: "DEL <key>", Weight: 2},
		{Syntax: "COPY <key> <key> REPLACE"},
	}}
}

// geoFamily keeps to where the field finds every point: away from the poles and the
// antimeridian. ANY without an order shows in what order points are found.
func geoFamily() Family {
	shape := "(BYRADIUS <radius> <unit> | BYBOX <radius> <radius> <unit>)"
	from := "(FROMLONLAT <lon> <lat> | FROMMEMBER <place>)"
	options := "[ASC | DESC] [COUNT <index> [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]"
	return Family{"geo", []Command{
		{Syntax: "GEOADD <key> [NX | XX] [CH] {<lon> <lat> <place>}", Weight: 8},
		{Syntax: "GEOADD <key> <lon> <lat> <place> <lon> <lat> <place> <lon> <lat> <place> <lon> <lat> <place>", Weight: 4},
		{Syntax: "GEODIST <key> <place> <place> [<unit>]", Weight: 2},
		{Syntax: "GEOHASH <key> {<place>}"},
		{Syntax: "GEOPOS <key> {<place>}"},
		{Syntax: "GEOSEARCH <key> " + from + " " + shape + " " + options, Weight: 6},
		{Syntax: "GEOSEARCHSTORE <key> <key> " + from + " " + shape + " [ASC | DESC] [COUNT <index> [ANY]]", Weight: 2},
		{Syntax: "GEORADIUS <key> <lon> <lat> <radius> <unit> " + options, Weight: 2},
		{Syntax: "GEORADIUS <key> <lon> <lat> <radius> <unit> STORE <key>"},
		{Syntax: "GEORADIUS_RO <key> <lon> <lat> <radius> <unit> " + options},
		{Syntax: "GEORADIUSBYMEMBER <key> <place> <radius> <unit> " + options, Weight: 2},
		{Syntax: "GEORADIUSBYMEMBER_RO <key> <place> <radius> <unit> " + options},
		{Syntax: "ZRANGE <key> 0 -1 WITHSCORES"},
		{Syntax: "ZREM <key> {<place>}"},
		{Syntax: "SET <key> <value>"},
		{Syntax: "DEL <key>"},
	}}
}

// polygonFamily keeps to polygons of a country's size: of larger ones Valkey misses points.
func polygonFamily() Family {
	polygon := "(BYPOLYGON 3 <vlon> <vlat> <vlon> <vlat> <vlon> <vlat> | BYPOLYGON 5 <vlon> <vlat> <vlon> <vlat> <vlon> <vlat> <vlon> <vlat> <vlon> <vlat>)"
	return Family{"polygon", []Command{
		{Syntax: "GEOADD <key> <vlon> <vlat> <place> <vlon> <vlat> <place> <vlon> <vlat> <place> <vlon> <vlat> <place>", Weight: 4, Requires: "valkey>=9"},
		{Syntax: "GEOSEARCH <key> " + polygon + " (ASC | DESC) [COUNT <index>] [WITHDIST] [WITHHASH]", Weight: 4, Requires: "valkey>=9"},
		{Syntax: "GEOSEARCHSTORE <key> <key> " + polygon, Requires: "valkey>=9"},
		{Syntax: "ZRANGE <key> 0 -1 WITHSCORES", Requires: "valkey>=9"},
		{Syntax: "DEL <key>", Requires: "valkey>=9"},
	}}
}
