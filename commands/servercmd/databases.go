package servercmd

import (
	"math"
	"strconv"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

var dbSize = command.Spec{
	Name: "dbsize", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Counts the keys of the database.", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast, Categories: []string{"keyspace"},
	Tips:  []string{"request_policy:all_shards", "response_policy:agg_sum"},
	Scope: command.ScopeAllInMulti,
	Run: func(c *command.Context) error {
		c.Reply.Int(int64(c.Tx.Size()))
		return nil
	},
}

const flushSyntax = "[ASYNC | SYNC]"

var flushDB = command.Spec{
	Name: "flushdb", Group: command.GroupServer, Since: "1.0.0", Arity: -1,
	Summary: "Removes every key of the database.", Syntax: flushSyntax, Complexity: "O(1)",
	Flags: command.Write, Categories: []string{"keyspace", "dangerous"},
	Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
	Scope: command.ScopeAll,
	Run:   func(c *command.Context) error { return flush(c, c.Tx.DB, c.Tx.DB) },
}

var flushAll = command.Spec{
	Name: "flushall", Group: command.GroupServer, Since: "1.0.0", Arity: -1,
	Summary: "Removes every key of every database.", Syntax: flushSyntax, Complexity: "O(1) for every database",
	Flags: command.Write, Categories: []string{"keyspace", "dangerous"},
	Tips:  []string{"request_policy:all_shards", "response_policy:all_succeeded"},
	Scope: command.ScopeAll,
	Run: func(c *command.Context) error {
		err := flush(c, 0, c.Services.Store.Databases()-1)
		if err == nil {
			c.Services.Files.Emptied()
		}
		return err
	},
}

// flush empties databases. Tables are dropped whole, so ASYNC and SYNC are the same but for
// what INFO counts.
func flush(c *command.Context, from, to int) error {
	sync := c.Nested && !c.Services.Config.LazyfreeLazyUserFlush.Load()
	switch {
	case c.Args.Word("SYNC"):
		sync = c.Nested
	case c.Args.Word("ASYNC"):
		sync = false
	}
	if c.Args.More() {
		return command.ErrSyntax
	}

	here := c.Tx.DB
	for db := from; db <= to; db++ {
		c.Tx.DB = db
		n := c.Tx.Flush()
		if !sync {
			c.Services.Stats.Lazyfreed.Add(int64(n))
		}
	}
	c.Tx.DB = here
	c.Tx.Dirty() // the effect must not depend on whether there were keys

	c.Reply.OK()
	return nil
}

var swapDB = command.Spec{
	Name: "swapdb", Group: command.GroupServer, Since: "4.0.0", Arity: 3,
	Summary: "Exchanges two databases.", Syntax: "index1 index2", Complexity: "O(1)",
	Flags: command.Write | command.Fast, Categories: []string{"keyspace", "dangerous"},
	Scope: command.ScopeAll,
	Run:   runSwapDB,
}

func runSwapDB(c *command.Context) error {
	a := c.Args.IntOr(command.Errorf("invalid first DB index"))
	b := c.Args.IntOr(command.Errorf("invalid second DB index"))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if n := int64(c.Services.Store.Databases()); a < 0 || a >= n || b < 0 || b >= n {
		return command.ErrDBIndex
	}

	c.Tx.Swap(int(a), int(b))

	c.Reply.OK()
	return nil
}

var timeSpec = command.Spec{
	Name: "time", Group: command.GroupServer, Since: "2.6.0", Arity: 1,
	Summary: "Tells the server's time: Unix seconds and the microseconds of the second.", Complexity: "O(1)",
	Flags: anyTime | command.Fast,
	Tips:  []string{"nondeterministic_output"},
	Run:   runTime,
}

func runTime(c *command.Context) error {
	us := c.Tx.NowMs() * 1000
	if now := time.Now().UnixMicro(); !c.Nested && now/1e6-us/1e6 <= 1 && us/1e6-now/1e6 <= 1 {
		us = now // the engine's clock is the system's: it has microseconds, where time does not stand still
	}
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatInt(us/1e6, 10))
	c.Reply.BulkString(strconv.FormatInt(us%1e6, 10))
	return nil
}

const (
	upstreamSyntax = "<host port | NO ONE>"
	upstreamFlags  = command.Admin | command.NoScript | command.Stale | command.NoAsyncLoading
)

var replicaOf = command.Spec{
	Name: "replicaof", Group: command.GroupServer, Since: "5.0.0", Arity: 3,
	Summary: "Makes the server a replica of another, or with NO ONE a primary.", Syntax: upstreamSyntax, Complexity: "O(1)",
	Flags: upstreamFlags,
	Run:   runReplicaOf,
}

var slaveOf = command.Spec{
	Name: "slaveof", Group: command.GroupServer, Since: "1.0.0", Arity: 3,
	Summary: "Makes the server a replica of another, or with NO ONE a primary.", Syntax: upstreamSyntax, Complexity: "O(1)",
	DeprecatedSince: "5.0.0", ReplacedBy: "`REPLICAOF`",
	Flags: upstreamFlags,
	Run:   runReplicaOf,
}

func runReplicaOf(c *command.Context) error {
	if c.Args.Word("NO") && c.Args.Word("ONE") {
		c.Reply.OK() // it is a primary already
		return nil
	}
	argv := c.Argv()
	if port, ok := datatypes.ParseInt(argv[2]); !ok || port < 0 || port > 65535 {
		return command.Errorf("Invalid master port")
	}
	return command.Errorf("this server does not replicate other servers")
}

var shutdown = command.Spec{
	Name: "shutdown", Group: command.GroupServer, Since: "1.0.0", Arity: -1,
	Summary: "Ends the server.", Syntax: "[NOSAVE | SAVE] [NOW] [FORCE] [SAFE] [ABORT]", Complexity: "O(N) in the number of keys when saving",
	Flags: command.Admin | command.NoScript | anyTime | command.NoMulti | command.Sentinel | command.AllowBusy,
	Run:   runShutdown,
}

func runShutdown(c *command.Context) error {
	var o command.ShutdownOptions
	abort := false
	for a := &c.Args; a.More(); {
		switch {
		case a.Word("SAVE"):
			o.Save = true
		case a.Word("NOSAVE"):
			o.NoSave = true
		case a.Word("NOW"):
			o.Now = true
		case a.Word("FORCE"):
			o.Force = true
		case a.Word("SAFE"):
			o.Safe = true
		case a.Word("ABORT"):
			abort = true
		default:
			return command.ErrSyntax
		}
	}
	if o.Save && o.NoSave || abort && o != (command.ShutdownOptions{}) {
		return command.ErrSyntax
	}
	if abort {
		return command.Errorf("No shutdown in progress.")
	}
	if err := c.Services.Scripting.AnyBusy(); err != nil && !o.NoSave {
		return err
	}
	if c.Services.Shutdown == nil {
		return command.Errorf("SHUTDOWN is for servers: an embedded engine ends with its program")
	}
	if !o.NoSave && c.Services.Files != nil && (o.Save || len(c.Services.Config.Save.Load()) > 0) {
		return saveAndShutdown(c, o)
	}
	return endServer(c.Services, c.Session, o)
}

func endServer(svc *command.Services, s *command.Session, o command.ShutdownOptions) error {
	if err := svc.Shutdown(o); err != nil {
		svc.Log.Error("the server could not be ended", "error", err)
		return command.Errorf("Errors trying to SHUTDOWN. Check logs.")
	}
	s.Closing = true // no reply: the end of the connection is one
	return nil
}

// saveAndShutdown saves the data while no client can change it, and ends the server if that
// succeeds, or in any case with FORCE.
func saveAndShutdown(c *command.Context, o command.ShutdownOptions) error {
	svc, s := c.Services, c.Session
	return background(c, func() error {
		svc.Pause.Start(command.PauseWrites, math.MaxInt64)
		if err := svc.Files.SaveNow(); err != nil && !o.Force {
			svc.Pause.End(nil)
			svc.Log.Error("the server goes on: the data could not be saved", "error", err)
			return command.Errorf("Errors trying to SHUTDOWN. Check logs.")
		}
		o.Save = true
		return endServer(svc, s, o)
	})
}
