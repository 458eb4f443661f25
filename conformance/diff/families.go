package diff

// Families returns every family there is.
func Families() []Family {
	return []Family{stringFamily(), genericFamily(), connectionFamily(), transactionFamily(), hashFamily(), listFamily(), sortFamily()}
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

// sortFamily sorts lists, and what the other families leave. Weights that are equal are
// left in an order of chance by LIMIT there, so that it comes without BY, and texts end at a
// zero byte unless they are stored, so that there are none.
func sortFamily() Family {
	return Family{"sort", []Command{
		{Syntax: "RPUSH <key> {<number>}", Weight: 3},
		{Syntax: "RPUSH <key> {(a | A | ab | 1.5 | -7 | 1e3 | ö)}"},
		{Syntax: "SET <key> <number>"},
		{Syntax: "SET <weightkey> (<number> | x | -1.5)", Weight: 2},
		{Syntax: "HSET <hashkey> {<field> <number>}"},
		{Syntax: "DEL {<key>}"},
		{Syntax: "(SORT | SORT_RO) <key> [ALPHA] [LIMIT <index> <index>] [DESC]", Weight: 2},
		{Syntax: "(SORT | SORT_RO) <key> BY (w* | h*->f1 | x* | *) [DESC] [ALPHA] [GET # GET w*]", Weight: 2},
		{Syntax: "(SORT | SORT_RO) <key> BY nosort [DESC] [LIMIT <index> <index>] [GET w*] [GET h*->f2]"},
		{Syntax: "SORT <key> [DESC] [ALPHA] [LIMIT <index> <index>] STORE <key>", Weight: 2},
		{Syntax: "SORT <key> BY (w* | h*->f1) [ALPHA] [GET # GET x*] STORE <key>"},
		{Syntax: "LRANGE <key> 0 -1", Weight: 2},
	}}
}
