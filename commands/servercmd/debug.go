package servercmd

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

// DEBUG is for tests of clients and servers: what of it is about the insides of
// another server is accepted where nothing depends on it, and refused where a
// test would believe that something had happened.

var debugSpec = command.Spec{
	Name: "debug", Group: command.GroupServer, Since: "1.0.0", Arity: -2,
	Summary: "Helps to test servers and clients.", Complexity: "Depends on the subcommand",
	Flags: adminOnly | command.Protected,
	Scope: command.ScopeAll,
	Run:   runDebug,
}

// A debugCommand is a subcommand of DEBUG with the numbers of arguments that it
// takes.
type debugCommand struct {
	name     string
	min, max int // -1: any number
	syntax   string
	what     string
	run      func(*command.Context) error
}

func debugCommands() []debugCommand {
	return []debugCommand{
		{"ASSERT", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"CHANGE-REPL-ID", 0, 0, "", "Gives the server another replication ID.", debugChangeReplID},
		{"CLIENT-ENFORCE-REPLY-LIST", 1, 1, "<0|1>", "Accepted, without effect.", debugSwitch},
		{"CONFIG-REWRITE-FORCE-ALL", 0, 0, "", "Rewrites the configuration file.", debugRewrite},
		{"CRASH-AND-RECOVER", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"DICT-RESIZING", 1, 1, "<0|1>", "Accepted, without effect.", debugSwitch},
		{"DIGEST", 0, 0, "", "Tells a digest of all keys and values.", debugDigest},
		{"DIGEST-VALUE", 0, -1, "[key ...]", "Tells digests of the values of keys.", debugDigestValue},
		{"ERROR", 1, 1, "<message>", "Answers the message as an error.", debugError},
		{"HASHTABLE-CAN-ABORT-SHRINK", 1, 1, "<0|1>", "Accepted, without effect.", debugSwitch},
		{"HTSTATS", 1, 2, "<db> [full]", "Tells figures of a database's index.", debugHTStats},
		{"HTSTATS-KEY", 1, 2, "<key> [full]", "Tells figures of a value's index.", debugHTStatsKey},
		{"LISTPACK", 1, 1, "<key>", "Tells whether a value is a listpack.", debugListpack},
		{"LOADAOF", 0, 0, "", "Forces the append-only file to disk, and loads it again.", debugLoadAOF},
		{"LOG", 1, 1, "<message>", "Writes the message to the log.", debugLog},
		{"MALLCTL", 1, 2, "<key> [value]", "Accepted, without effect.", debugMallctl},
		{"MALLCTL-STR", 1, 2, "<key> [value]", "Accepted, without effect.", debugMallctl},
		{"OBJECT", 1, 2, "<key> [fast]", "Tells how a value is stored.", debugObject},
		{"OOM", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"PANIC", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"PAUSE-CRON", 1, 1, "<0|1>", "Stops background work, or lets it go on.", debugPauseCron},
		{"POPULATE", 1, 3, "<count> [prefix] [size]", "Makes strings prefix:0, prefix:1 and so on, of a size in bytes.", debugPopulate},
		{"PROTOCOL", 1, 1, "<type>", "Answers a value of a type of the protocol.", debugProtocol},
		{"QUICKLIST-PACKED-THRESHOLD", 1, 1, "<size>", "Accepted, without effect.", debugPackedThreshold},
		{"RELOAD", 0, -1, "[NOSAVE] [NOFLUSH] [MERGE]", "Saves the data, and loads it again.", debugReload},
		{"REPLYBUFFER", 2, 2, "<PEAK-RESET-TIME time | RESIZING 0|1>", "Accepted, without effect.", debugReplyBuffer},
		{"RESTART", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"SDSLEN", 1, 1, "<key>", "Tells the lengths of a key and its string.", debugSDSLen},
		{"SEGFAULT", 0, -1, "", "Refused: would end the server.", refuseCrash},
		{"SET-ACTIVE-EXPIRE", 1, 1, "<0|1>", "Turns the removal of expired keys that nobody meets off and on.", debugActiveExpire},
		{"SET-DISABLE-DENY-SCRIPTS", 1, 1, "<0|1>", "Lets scripts run commands that are not for them, or no more.", debugAnyInScripts},
		{"SET-SKIP-CHECKSUM-VALIDATION", 1, 1, "<0|1>", "Makes RESTORE take payloads with a wrong checksum.", debugSkipChecksum},
		{"SLEEP", 1, 1, "<seconds>", "Keeps all keys locked for a while.", debugSleep},
		{"STRINGMATCH-LEN", 2, 2, "<length> <pattern>", "Matches a string of so many letters a.", debugMatch},
		{"STRUCTSIZE", 0, 0, "", "Tells sizes of the store's structures.", debugStructSize},
	}
}

func runDebug(c *command.Context) error {
	if !c.Services.Config.EnableDebugCommand.Load().Allows(isLocal(c.Session)) {
		return command.Errorf("DEBUG command not allowed. If the enable-debug-command option is set to \"local\", " +
			"you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
	}
	name := c.Args.Bytes()
	if command.EqualFold(name, "HELP") && !c.Args.More() {
		return debugHelp(c)
	}
	n := c.Args.Len()
	for _, d := range debugCommands() {
		if command.EqualFold(name, d.name) && n >= d.min && (d.max < 0 || n <= d.max) {
			return d.run(c)
		}
	}
	return unknownDebug(name)
}

func unknownDebug(name []byte) error {
	return command.Errorf("unknown subcommand or wrong number of arguments for '%.128s'. Try DEBUG HELP.", name)
}

func debugHelp(c *command.Context) error {
	list := debugCommands()
	c.Reply.Array(2*len(list) + 3)
	c.Reply.Status("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, d := range list {
		c.Reply.Status(strings.TrimRight(d.name+" "+d.syntax, " "))
		c.Reply.Status("    " + d.what)
	}
	c.Reply.Status("HELP")
	c.Reply.Status("    Prints this help.")
	return nil
}

func refuseCrash(*command.Context) error {
	return command.Errorf("DEBUG does not end this server: use SHUTDOWN")
}

// debugSwitch takes 0 or 1 for something that Medley does not have.
func debugSwitch(c *command.Context) error {
	c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Reply.OK()
	return nil
}

func debugSkipChecksum(c *command.Context) error {
	on := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	c.Services.SkipChecksum.Store(on != 0)

	c.Reply.OK()
	return nil
}

func debugActiveExpire(c *command.Context) error {
	on := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Services.ActiveExpire.Store(on != 0)
	c.Reply.OK()
	return nil
}

func debugAnyInScripts(c *command.Context) error {
	on := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Services.AnyInScripts.Store(on != 0)
	c.Reply.OK()
	return nil
}

func debugPauseCron(c *command.Context) error {
	on := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Services.CronPaused.Store(on != 0)
	c.Reply.OK()
	return nil
}

func debugChangeReplID(c *command.Context) error {
	random := make([]byte, 20)
	rand.Read(random) // never fails
	id := hex.EncodeToString(random)
	c.Services.ReplID.Store(&id)
	c.Reply.OK()
	return nil
}

func debugRewrite(c *command.Context) error {
	if err := c.Services.Config.Rewrite(); err != nil {
		return command.Errorf("CONFIG-REWRITE-FORCE-ALL failed: %s", err.Error())
	}
	c.Reply.OK()
	return nil
}

func debugError(c *command.Context) error {
	c.Reply.Error(string(c.Args.Bytes()))
	return nil
}

func debugLog(c *command.Context) error {
	c.Services.Log.Warn("DEBUG LOG: " + string(c.Args.Bytes()))
	c.Reply.OK()
	return nil
}

// debugSleep sleeps with all shards locked: no command that touches a key runs.
func debugSleep(c *command.Context) error {
	sec, _ := datatypes.ParseFloat(c.Args.Bytes()) // what is no number counts as 0
	if sec > 0 {
		time.Sleep(time.Duration(min(sec, 1e9) * float64(time.Second)))
	}
	c.Reply.OK()
	return nil
}

func debugMatch(c *command.Context) error {
	n := c.Args.IntIn(0, 512<<20, command.ErrOutOfRange)
	pattern := c.Args.Bytes()
	if err := c.Args.Err(); err != nil {
		return err
	}
	if datatypes.Match(pattern, []byte(strings.Repeat("a", int(n)))) {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
	return nil
}

func debugMallctl(c *command.Context) error {
	c.Reply.Int(0)
	return nil
}

func debugPackedThreshold(c *command.Context) error {
	const limit = 4 << 30
	if n, ok := config.ParseMemory(string(c.Args.Bytes())); !ok || n >= limit {
		return command.Errorf("argument must be a memory value bigger than 1 and smaller than 4gb")
	}
	c.Reply.OK()
	return nil
}

func debugReplyBuffer(c *command.Context) error {
	ok := false
	switch {
	case c.Args.Word("PEAK-RESET-TIME"):
		if ok = c.Args.Word("NEVER") || c.Args.Word("RESET"); !ok {
			c.Args.Int()
			ok = c.Args.Err() == nil
		}
	case c.Args.Word("RESIZING"):
		c.Args.Int()
		ok = c.Args.Err() == nil
	}
	if !ok {
		return unknownDebug([]byte("REPLYBUFFER"))
	}
	c.Reply.OK()
	return nil
}

func debugPopulate(c *command.Context) error {
	count := c.Args.IntIn(0, 1<<62, command.ErrNotPositive)
	prefix, size := []byte("key"), int64(0)
	if c.Args.More() {
		prefix = c.Args.Bytes()
	}
	if c.Args.More() {
		size = c.Args.IntIn(0, int64(c.Services.Store.Limits().MaxString), command.ErrNotPositive)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	var key, value []byte
	for i := range count {
		key = fmt.Appendf(key[:0], "%s:%d", prefix, i)
		if _, ok := c.Tx.Expiry(key); ok {
			continue
		}
		value = fmt.Appendf(value[:0], "value:%d", i)
		for size > 0 && int64(len(value)) < size {
			value = append(value, 0)
		}
		if size > 0 {
			value = value[:size]
		}
		keyspace.Create[str.String](c.Tx, key, 0).Set(value)
		c.Changed(key, keyspace.EvNone)
		c.Tx.Commit(nil) // every key by itself: nothing is kept open
	}

	c.Reply.OK()
	return nil
}
