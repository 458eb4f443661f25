package servercmd

import (
	"strconv"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/replication"
	"github.com/medleydb/medley/datatypes"
)

var role = command.Spec{
	Name: "role", Group: command.GroupServer, Since: "2.8.12", Arity: 1,
	Summary: "Tells the part that the server has in replication.", Complexity: "O(1)",
	Flags: anyTime | command.NoScript | command.Fast | command.Sentinel, Categories: []string{"admin", "dangerous"},
	Run: runRole,
}

func runRole(c *command.Context) error {
	var f replication.Figures
	if c.Services.Primary != nil {
		f = c.Services.Primary.Figures()
	}

	c.Reply.Array(3)
	c.Reply.BulkString("master")
	c.Reply.Int(f.Offset)
	online := f.Replicas[:0]
	for _, r := range f.Replicas {
		if r.Online {
			online = append(online, r)
		}
	}
	c.Reply.Array(len(online))
	for _, r := range online {
		c.Reply.Array(3)
		c.Reply.BulkString(r.IP)
		c.Reply.BulkString(strconv.Itoa(r.Port))
		c.Reply.BulkString(strconv.FormatInt(r.Offset, 10))
	}
	return nil
}

const replicaFlags = command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti

var syncSpec = command.Spec{
	Name: "sync", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Makes the client a replica: it gets a snapshot, and every change from then on.", Complexity: "O(N) in the number of keys",
	Flags: replicaFlags,
	Run:   func(c *command.Context) error { return startSync(c, "", 0) },
}

var psync = command.Spec{
	Name: "psync", Group: command.GroupServer, Since: "2.8.0", Arity: -3,
	Summary: "Makes the client a replica that goes on where it was, if that is possible.", Syntax: "replicationid offset", Complexity: "O(N) in the number of keys where it is not",
	Flags: replicaFlags,
	Run:   runPSync,
}

func runPSync(c *command.Context) error {
	id := string(c.Args.Bytes())
	offset := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	return startSync(c, id, offset)
}

// startSync answers nothing: what the replica gets comes from elsewhere.
func startSync(c *command.Context, id string, offset int64) error {
	r := replica(c)
	if r == nil {
		return command.Errorf("this server has no replicas here")
	}
	c.Session.SetFlag(command.Follows, true)
	r.Sync(id, offset)
	return nil
}

// replica returns what is known of the client as a replica; nil where it cannot be one.
func replica(c *command.Context) *replication.Replica {
	s := c.Session
	if link, ok := s.Peer.(replication.Link); ok && s.Replica == nil && c.Services.Primary != nil {
		s.Replica = c.Services.Primary.NewReplica(link)
	}
	return s.Replica
}

var replConf = command.Spec{
	Name: "replconf", Group: command.GroupServer, Since: "3.0.0", Arity: -1,
	Summary: "Is how replicas and their primary talk about themselves.", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript | command.Loading | command.Stale | command.AllowBusy,
	Run:   runReplConf,
}

func runReplConf(c *command.Context) error {
	if c.Args.Len()%2 != 0 {
		return command.ErrSyntax
	}
	r := replica(c)
	for c.Args.More() {
		name, value := c.Args.Bytes(), c.Args.Bytes()
		if command.EqualFold(name, "ACK") {
			if n, ok := datatypes.ParseInt(value); ok && r != nil {
				r.Acked(n)
			}
			return nil // is not answered
		}
		if r != nil {
			r.Told(string(name), string(value))
		}
	}
	c.Reply.OK()
	return nil
}

var wait = command.Spec{
	Name: "wait", Group: command.GroupGeneric, Since: "3.0.0", Arity: 3,
	Summary: "Waits until replicas have what was changed so far.", Syntax: "numreplicas timeout", Complexity: "O(1)",
	Flags: command.Blocking, Categories: []string{command.NoGroup, "connection"},
	Tips: []string{"request_policy:all_shards", "response_policy:agg_min"},
	Run:  runWait,
}

func runWait(c *command.Context) error {
	n := c.Args.Int()
	timeout := c.Args.IntOr(command.ErrTimeoutNotInt)
	if timeout < 0 {
		c.Args.Fail(command.ErrTimeoutNegative)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	p := c.Services.Primary
	if p == nil || n <= 0 || c.Nested {
		k := 0
		if p != nil {
			k = p.Having()
		}
		c.Reply.Int(int64(k))
		return nil
	}

	return c.Park(command.Wait{Begin: func(end func(command.Value)) {
		reply := func(k int) { end(command.Value{Kind: command.Int, Int: int64(k)}) }
		now, cancel := p.Wait(int(n), reply)
		if now >= int(n) {
			go reply(now) // the waiter's lock is held here
			return
		}
		if timeout > 0 {
			time.AfterFunc(time.Duration(timeout)*time.Millisecond, func() { reply(cancel()) })
		}
	}, TimedOut: command.Value{Kind: command.Int}})
}
