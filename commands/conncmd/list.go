package conncmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
)

var clientInfo = command.Spec{
	Name: "info", Since: "6.2.0", Arity: 2,
	Summary: "Describes the connection.", Complexity: "O(1)",
	Flags: own,
	Run: func(c *command.Context) error {
		c.Reply.Verbatim("txt", string(appendLine(nil, c, c.Session)))
		return nil
	},
}

// filterSyntax is what CLIENT LIST and CLIENT KILL share.
const filterSyntax = "[ID client-id [client-id ...]] [NOT-ID client-id [client-id ...]] " +
	"[TYPE <NORMAL | MASTER | PRIMARY | REPLICA | SLAVE | PUBSUB>] [NOT-TYPE <NORMAL | MASTER | PRIMARY | REPLICA | SLAVE | PUBSUB>] " +
	"[USER username] [NOT-USER username] [ADDR ip:port] [NOT-ADDR ip:port] [LADDR ip:port] [NOT-LADDR ip:port] [IP ip] [NOT-IP ip] " +
	"[SKIPME <YES | NO>] [MAXAGE maxage] [IDLE idle] [NAME client-name] [NOT-NAME client-name] [FLAGS flags] [NOT-FLAGS flags] " +
	"[LIB-NAME lib-name] [NOT-LIB-NAME lib-name] [LIB-VER lib-ver] [NOT-LIB-VER lib-ver] [DB db] [NOT-DB db] [CAPA capa] [NOT-CAPA capa]"

var clientList = command.Spec{
	Name: "list", Since: "2.4.0", Arity: -2,
	Summary: "Describes the connections.", Syntax: filterSyntax, Complexity: "O(N) in the number of connections",
	Flags: others,
	Run:   runClientList,
}

func runClientList(c *command.Context) error {
	f := newFilter(c, false)
	if err := f.parse(); err != nil {
		return err
	}

	var text []byte
	for _, s := range f.sessions() {
		text = appendLine(text, c, s)
	}

	c.Reply.Verbatim("txt", string(text))
	return nil
}

var clientKill = command.Spec{
	Name: "kill", Since: "2.4.0", Arity: -3,
	Summary: "Closes connections.", Syntax: "<ip:port | <" + filterSyntax + ">>", Complexity: "O(N) in the number of connections",
	Flags: others,
	Scope: command.ScopeAllInMulti, // what the killed ones wait for is unknown until it runs
	Run:   runClientKill,
}

func runClientKill(c *command.Context) error {
	if c.Args.Len() == 1 {
		return killAddr(c)
	}
	f := newFilter(c, true)
	if err := f.parse(); err != nil {
		return err
	}

	killed := 0
	for _, s := range f.sessions() {
		if s.Flag(command.Killed | command.CloseAfterReply) {
			continue // named twice
		}
		kill(c, s)
		killed++
	}

	c.Reply.Int(int64(killed))
	return nil
}

// killAddr is CLIENT KILL with an address alone.
func killAddr(c *command.Context) error {
	addr := string(c.Args.Bytes())
	for _, s := range c.Services.Clients.All() {
		if !s.Flag(command.Killed) && s.Peer.Addr() == addr {
			kill(c, s)
			c.Reply.OK()
			return nil
		}
	}
	return command.Errorf("No such client")
}

// kill ends a session: the own one after its reply, others now.
func kill(c *command.Context, s *command.Session) {
	if s == c.Session {
		s.Closing = true
		s.SetFlag(command.CloseAfterReply, true)
		return
	}
	c.Services.Kill(c.Tx, s)
}

type flagLetter struct {
	letter byte
	is     func(*command.Session) bool
}

// flagLetters are the letters by which CLIENT LIST shows a session's states, in
// their order. Those without a test are of states that Medley has none of; filters
// know them nonetheless.
var flagLetters = [...]flagLetter{
	{'O', marked(command.Monitors)},
	{'S', marked(command.Follows)}, {'M', nil},
	{'P', marked(command.Subscribed)},
	{'x', func(s *command.Session) bool { return s.QueueLen() >= 0 }},
	{'b', marked(command.Blocked)},
	{'t', marked(command.Tracks)},
	{'R', marked(command.BrokenRedirect)},
	{'B', func(s *command.Session) bool { o := s.Tracking(); return o != nil && o.Broadcast }},
	{'d', func(s *command.Session) bool { return s.Watch.Broken() }},
	{'c', marked(command.CloseAfterReply)},
	{'u', nil}, {'A', nil},
	{'U', marked(command.UnixSocket)},
	{'r', marked(command.ReadOnlySession)},
	{'e', marked(command.NoEvict)},
	{'T', marked(command.NoTouch)},
	{'I', marked(command.ImportSource)},
	{'i', nil}, {'E', nil},
}

func marked(f command.SessionFlags) func(*command.Session) bool {
	return func(s *command.Session) bool { return s.Flag(f) }
}

// appendFlags appends the letters of the session's states; N for none.
func appendFlags(b []byte, s *command.Session) []byte {
	n := len(b)
	for _, f := range flagLetters {
		if f.is != nil && f.is(s) {
			b = append(b, f.letter)
		}
	}
	if len(b) == n {
		b = append(b, 'N')
	}
	return b
}

// replyBuffer is where Redis's reply buffer ends and its list of replies begins: tools
// that know its fields look for slow readers in omem.
const replyBuffer = 16 << 10

// appendLine appends the line of CLIENT LIST that describes the session. Only what
// other goroutines may read is read.
func appendLine(b []byte, c *command.Context, s *command.Session) []byte {
	now, st := c.Tx.NowMs(), s.Peer.Stats()
	num := func(field string, n int64) {
		b = append(append(b, field...), '=')
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	text := func(field, v string) {
		b = append(append(b, field...), '=')
		b = append(append(b, v...), ' ')
	}
	num("id", int64(s.ID))
	text("addr", s.Peer.Addr())
	text("laddr", s.Peer.LocalAddr())
	num("fd", int64(st.FD))
	text("name", s.Name())
	num("age", seconds(now-s.CreatedMs))
	num("idle", seconds(now-s.LastMs()))
	b = append(appendFlags(append(b, "flags="...), s), ' ')
	num("db", int64(s.DB()))
	channels, patterns, shard := s.Subscriptions()
	num("sub", int64(channels))
	num("psub", int64(patterns))
	num("ssub", int64(shard))
	num("multi", int64(s.QueueLen()))
	num("watch", int64(s.Watching()))
	argv := int64(0)
	if s == c.Session {
		for _, a := range c.Argv() {
			argv += int64(len(a))
		}
	}
	list := max(0, int64(st.OutputBuffer)-replyBuffer)
	num("qbuf", int64(st.QueryBuffer))
	num("qbuf-free", int64(st.QueryBufferFree))
	num("argv-mem", argv)
	num("multi-mem", s.QueueBytes())
	num("rbs", replyBuffer)
	num("rbp", replyBuffer)
	num("obl", int64(st.OutputBuffer)-list)
	num("oll", (list+replyBuffer-1)/replyBuffer)
	num("omem", list)
	num("tot-mem", s.Memory(st)+argv)
	events := "r"
	if st.OutputBufferPending || st.OutputBuffer > 0 {
		events = "rw"
	}
	text("events", events)
	last := "NULL"
	if spec := s.LastSpec(); spec != nil {
		last = spec.FullName
	}
	text("cmd", last)
	text("user", s.User())
	num("redir", redirect(s))
	num("resp", int64(s.SeenProto()))
	lib, version := s.Lib()
	text("lib-name", lib)
	text("lib-ver", version)
	num("io-thread", 0)
	num("tot-net-in", st.BytesIn)
	num("tot-net-out", st.BytesOut)
	num("tot-cmds", s.Commands())
	b[len(b)-1] = '\n'
	return b
}

func seconds(ms int64) int64 { return max(0, ms) / 1000 }
