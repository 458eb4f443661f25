package diff

// Families returns every family there is.
func Families() []Family {
	return []Family{stringFamily(), genericFamily(), connectionFamily(), transactionFamily(), hashFamily(), listFamily(), streamFamily()}
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
