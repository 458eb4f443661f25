package diff

// Families returns every family there is.
func Families() []Family {
	return []Family{stringFamily(), genericFamily(), connectionFamily(), transactionFamily(), hashFamily(), listFamily(), setFamily(), zsetFamily(),
		sortFamily(), scriptingFamily(), bitmapFamily(), hyperLogLogFamily(), geoFamily(), streamFamily(), polygonFamily()}
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

// scriptingFamily runs scripts over strings, lists, hashes and sets; the generator makes scripts of
// other families' commands beside them.
func scriptingFamily() Family {
	return Family{"scripting", []Command{
		{Syntax: "EVAL <script> 2 <key> <key> <value> <int>", Weight: 4},
		{Syntax: "EVAL <script> 1 <key> <value>"},
		{Syntax: "EVAL <script> 0"},
		{Syntax: "EVAL_RO <script> 2 <key> <key> <value> <int>"},
		{Syntax: "SCRIPT EXISTS <value>"},
		{Syntax: "GET <key>"},
		{Syntax: "SET <key> <value>", Weight: 2},
		{Syntax: "TYPE <key>"},
		{Syntax: "LRANGE <key> 0 -1"},
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
		{Syntax: "HSET <key> <pairs>"},
		{Syntax: "HDEL <key> <fields>"},
		{Syntax: "HRANDFIELD <key> 10000 [WITHVALUES]"},
		{Syntax: "HSCAN <key> 0 COUNT 10000 [MATCH (f* | *1* | f? | *)]"},
		{Syntax: "HSCAN <key> 0 COUNT 10000 NOVALUES", Requires: "redis>=7.4 valkey>=8.0"},
		{Syntax: "OBJECT ENCODING <key>", Requires: "redis>=8.0"},
		{Syntax: "DEL <key>"},
		{Syntax: "(HEXPIRE | HEXPIREAT) <key> (<seconds> | <unix>) [NX | XX | GT | LT] <counted>", Requires: "redis>=7.4"},
		{Syntax: "HPEXPIREAT <key> <unixms> [NX | XX | GT | LT] <counted>", Weight: 3, Requires: "redis>=7.4"},
		{Syntax: "(HEXPIRE | HPEXPIRE) <key> 0 <counted>", Requires: "redis>=7.4"},
		{Syntax: "(HEXPIRETIME | HPEXPIRETIME | HTTL | HPTTL) <key> <counted>", Weight: 2, Requires: "redis>=7.4"},
		{Syntax: "HPERSIST <key> <counted>", Requires: "redis>=7.4"},
		{Syntax: "HGETDEL <key> <counted>", Requires: "redis>=8.0"},
		{Syntax: "HGETEX <key> [" + expiry + " | PERSIST] <counted>", Weight: 2, Requires: "redis>=8.0"},
		{Syntax: "HSETEX <key> [FNX | FXX] [" + expiry + " | KEEPTTL] <countedpairs>", Weight: 2, Requires: "redis>=8.0"},
	}}
}

// setFamily has keys of integers, of integers far apart, and of everything.
func setFamily() Family {
	some := "(<key> | <intkey>)"
	return Family{"set", []Command{
		{Syntax: "SADD <key> {<member>}", Weight: 3},
		{Syntax: "SADD <intkey> {<intmember>}", Weight: 2},
		{Syntax: "SADD (<key> <members> | <intkey> <intmembers>)", Weight: 2},
		{Syntax: "SREM (<key> {<member>} | <intkey> {<intmember>})", Weight: 2},
		{Syntax: "SREM (<key> <members> | <intkey> <intmembers>)"},
		{Syntax: "SCARD " + some},
		{Syntax: "SISMEMBER (<key> <member> | <intkey> <intmember>)"},
		{Syntax: "SMISMEMBER (<key> {<member>} | <intkey> {<intmember>})"},
		{Syntax: "SMEMBERS " + some, Weight: 2},
		{Syntax: "SMOVE " + some + " " + some + " (<member> | <intmember>)", Weight: 2},
		{Syntax: "(SINTER | SUNION | SDIFF) {" + some + "}", Weight: 2},
		{Syntax: "(SINTERSTORE | SUNIONSTORE | SDIFFSTORE) " + some + " {" + some + "}", Weight: 2},
		{Syntax: "SINTERCARD 2 " + some + " " + some + " [LIMIT (0 | 1 | 5 | 100 | -1)]"},
		{Syntax: "SSCAN " + some + " 0 COUNT 10000 [MATCH (m* | *1* | -[0-9]* | * | 9?)]"},
		{Syntax: "SRANDMEMBER " + some + " 10000"},
		{Syntax: "SPOP " + some + " (10000 | 0 | 0 | 0 | 0 | 0)"},
		{Syntax: "OBJECT ENCODING " + some, Requires: "redis>=8.0"},
		{Syntax: "DEL <key>"},
		{Syntax: "SET <key> <value>"},
	}}
}

func zsetFamily() Family {
	ends := " (<score> | <bound>) (<score> | <bound>) "
	limit := " [LIMIT (0 | 1 | 2 | 5 | 100) <index>]"
	return Family{"zset", []Command{
		{Syntax: "ZADD <key> {<score> <member>}", Weight: 4},
		{Syntax: "ZADD <key> <scored>"},
		{Syntax: "ZADD <key> [NX | XX | GT | LT | XX GT | NX LT] [CH] {<score> <member>}", Weight: 2},
		{Syntax: "ZADD <key> [NX | XX | GT | LT] INCR <score> <member>"},
		{Syntax: "ZINCRBY <key> <score> <member>", Weight: 2},
		{Syntax: "ZREM <key> {<member>}", Weight: 2},
		{Syntax: "ZCARD <key>"},
		{Syntax: "ZSCORE <key> <member>"},
		{Syntax: "ZMSCORE <key> {<member>}"},
		{Syntax: "(ZRANK | ZREVRANK) <key> <member>"},
		{Syntax: "(ZRANK | ZREVRANK) <key> <member> WITHSCORE", Requires: "redis>=7.2 valkey"},
		{Syntax: "ZCOUNT <key>" + ends},
		{Syntax: "(ZRANGE | ZREVRANGE) <key> <index> <index> [WITHSCORES]", Weight: 2},
		{Syntax: "ZRANGE <key> <position> <position> [REV] [WITHSCORES]"},
		{Syntax: "(ZRANGEBYSCORE | ZREVRANGEBYSCORE) <key>" + ends + "[WITHSCORES]" + limit, Weight: 2},
		{Syntax: "ZRANGE <key>" + ends + "BYSCORE [REV]" + limit + " [WITHSCORES]"},
		{Syntax: "ZRANGESTORE <key> <key>" + ends + "BYSCORE [REV]" + limit},
		{Syntax: "ZRANGESTORE <key> <key> <index> <index> [REV]"},
		// What an offset below zero does depends on version and representation.
		{Syntax: "(ZRANGEBYSCORE | ZREVRANGEBYSCORE) <key>" + ends + "LIMIT <index> <index>", Requires: "redis>=8.0"},
		{Syntax: "(ZRANGEBYLEX | ZREVRANGEBYLEX) lex <lex> <lex> LIMIT <index> <index>", Requires: "redis>=8.0"},
		{Syntax: "ZADD lex 0 <member> 0 <member>", Weight: 2},
		{Syntax: "ZREM lex <member>"},
		{Syntax: "(ZRANGEBYLEX | ZREVRANGEBYLEX) lex <lex> <lex>" + limit},
		{Syntax: "ZRANGE lex <lex> <lex> BYLEX [REV]" + limit},
		{Syntax: "ZLEXCOUNT lex <lex> <lex>"},
		{Syntax: "ZREMRANGEBYLEX lex <lex> <lex>"},
		{Syntax: "ZREMRANGEBYSCORE <key>" + ends},
		{Syntax: "ZREMRANGEBYRANK <key> <index> <index>"},
		{Syntax: "(ZPOPMIN | ZPOPMAX) <key> [<index>]"},
		{Syntax: "ZMPOP 2 <key> <key> (MIN | MAX) [COUNT <index>]"},
		{Syntax: "(BZPOPMIN | BZPOPMAX) {<key>} <timeout>"},
		{Syntax: "BZMPOP <timeout> 2 <key> <key> (MIN | MAX) [COUNT <index>]"},
		{Syntax: "(ZUNION | ZINTER) 2 <key> <key> [WEIGHTS <score> (1 | 2 | -1)] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]", Weight: 2},
		{Syntax: "ZDIFF 2 <key> <key> [WITHSCORES]"},
		{Syntax: "(ZUNIONSTORE | ZINTERSTORE) <key> 2 <key> <key> [WEIGHTS 2 <score>] [AGGREGATE (SUM | MIN | MAX)]", Weight: 2},
		{Syntax: "ZDIFFSTORE <key> 2 <key> <key>"},
		{Syntax: "ZINTERCARD 2 <key> <key> [LIMIT <index>]"},
		{Syntax: "ZSCAN <key> 0 COUNT 10000 [MATCH (m* | *1*)]"},
		{Syntax: "ZRANDMEMBER <key> 10000 [WITHSCORES]"},
		{Syntax: "SADD <key> {<member>}"},
		{Syntax: "OBJECT ENCODING <key>", Requires: "redis>=8.0"},
		{Syntax: "DEL <key>"},
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

// sortFamily sorts lists; sets would have an order of chance. Weights that are equal are
// left in an order of chance by LIMIT there, so that it comes without BY, and texts end at a
// zero byte unless they are stored, so that there are none.
func sortFamily() Family {
	return Family{"sort", []Command{
		{Syntax: "RPUSH <listkey> {<number>}", Weight: 3},
		{Syntax: "RPUSH <listkey> {(a | A | ab | 1.5 | -7 | 1e3 | ö)}"},
		{Syntax: "SET <listkey> <number>"},
		{Syntax: "SET <weightkey> (<number> | x | -1.5)", Weight: 2},
		{Syntax: "HSET <hashkey> {<field> <number>}"},
		{Syntax: "DEL {<listkey>}"},
		{Syntax: "(SORT | SORT_RO) <listkey> [ALPHA] [LIMIT <index> <index>] [DESC]", Weight: 2},
		{Syntax: "(SORT | SORT_RO) <listkey> BY (w* | h*->f1 | x* | *) [DESC] [ALPHA] [GET # GET w*]", Weight: 2},
		{Syntax: "(SORT | SORT_RO) <listkey> BY nosort [DESC] [LIMIT <index> <index>] [GET w*] [GET h*->f2]"},
		{Syntax: "SORT <listkey> [DESC] [ALPHA] [LIMIT <index> <index>] STORE <listkey>", Weight: 2},
		{Syntax: "SORT <listkey> BY (w* | h*->f1) [ALPHA] [GET # GET x*] STORE <listkey>"},
		{Syntax: "LRANGE <listkey> 0 -1", Weight: 2},
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

// streamFamily leaves out IDs that servers make from their clocks, which differ. Idle
// times are such that all servers find them long, or short.
func streamFamily() Family {
	bound := "(MAXLEN [= | ~] <index> | MINID [= | ~] <streamid>)"
	idle := "(0 | 0 | 50000 | x)"
	return Family{"stream", []Command{
		{Syntax: "XADD <key> <newid> <name> <value>", Weight: 8},
		{Syntax: "XADD <key> <newid> <name> <value> <name> <value>", Weight: 8},
		{Syntax: "XADD <key> [NOMKSTREAM] [" + bound + "] <newid> {<name> <value>}", Weight: 3},
		{Syntax: "XADD <key> <streamid> <name> <value>"},
		{Syntax: "XLEN <key>"},
		{Syntax: "XDEL <key> {<streamid>}", Weight: 3},
		{Syntax: "XTRIM <key> " + bound, Weight: 2},
		{Syntax: "XTRIM <key> " + bound + " LIMIT <index>"},
		{Syntax: "XRANGE <key> <edge> <edge> [COUNT <index>]", Weight: 2},
		{Syntax: "XREVRANGE <key> <edge> <edge> [COUNT <index>]", Weight: 2},
		{Syntax: "XRANGE <key> - +"},
		{Syntax: "XSETID <key> <newid> [ENTRIESADDED <index> MAXDELETEDID <streamid>]"},
		{Syntax: "XREAD [COUNT <index>] STREAMS <key> <key> (<streamid> | $) (<streamid> | 0)"},
		{Syntax: "XREAD STREAMS <key> +", Requires: "redis>=7.4"},
		{Syntax: "XREAD COUNT 2 BLOCK 1 STREAMS <key> (<streamid> | $)"},
		{Syntax: "XGROUP CREATE <key> <group> (<streamid> | $ | 0) [MKSTREAM] [ENTRIESREAD <index>]", Weight: 4},
		{Syntax: "XGROUP SETID <key> <group> (<streamid> | $ | 0) [ENTRIESREAD <index>]"},
		{Syntax: "XGROUP DESTROY <key> <group>"},
		{Syntax: "XGROUP CREATECONSUMER <key> <group> <consumer>"},
		{Syntax: "XGROUP DELCONSUMER <key> <group> <consumer>"},
		{Syntax: "XREADGROUP GROUP <group> <consumer> [COUNT <index>] [NOACK] STREAMS <key> (> | > | <streamid> | 0)", Weight: 8},
		{Syntax: "XREADGROUP GROUP <group> <consumer> COUNT 3 STREAMS <key> <key> > (> | 0)", Weight: 2},
		{Syntax: "XREADGROUP GROUP <group> <consumer> COUNT 3 BLOCK 1 STREAMS <key> >"},
		{Syntax: "XACK <key> <group> {<streamid>}", Weight: 4},
		{Syntax: "XPENDING <key> <group>", Weight: 2},
		{Syntax: "XPENDING <key> <group> [IDLE " + idle + "] <edge> <edge> <index> [<consumer>]", Weight: 2},
		{Syntax: "XCLAIM <key> <group> <consumer> " + idle + " {<streamid>} [IDLE 100000 | TIME 1] [RETRYCOUNT 3] [FORCE] [JUSTID] [LASTID <streamid>]", Weight: 4},
		{Syntax: "XAUTOCLAIM <key> <group> <consumer> " + idle + " <edge> [COUNT <index>] [JUSTID]", Weight: 3},
		{Syntax: "XINFO STREAM <key>", Weight: 2},
		{Syntax: "XINFO STREAM <key> FULL [COUNT <index>]", Weight: 2},
		{Syntax: "XINFO GROUPS <key>"},
		{Syntax: "XINFO CONSUMERS <key> <group>"},
		{Syntax: "DEL <key>"},
		{Syntax: "COPY <key> <key> REPLACE"},
		{Syntax: "RENAME <key> <key>"},
		{Syntax: "SET <key> x"},
		{Syntax: "DEBUG DIGEST-VALUE <key>"},
	}}
}
