package commands

import (
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/slowlog"
)

// remark gives a command that took long, or has a large request or reply, to the logs.
func (e *Engine) remark(s *command.Session, spec *command.Spec, argv [][]byte, ns int64, request, reply int) {
	if spec.Beyond == nil && spec.FullName != "exec" { // what those run comes here by itself
		bytes := request + max(reply, 0) // a reply in process has none, and ends what it is part of
		e.svc.Monitor.NoteKeys(slowlog.HotCost{Ns: ns, Bytes: int64(bytes)}, time.UnixMilli(e.NowMs()), func(yield func([]byte)) {
			spec.EachKey(argv, func(key []byte, _ command.KeyFlags) { yield(key) })
		})
	}
	c := slowlog.Command{
		Argv: argv, Ns: ns, Request: int64(request), Reply: int64(reply),
		Now:     time.UnixMilli(e.NowMs()),
		Fast:    spec.Has(command.Fast),
		SkipLog: spec.Has(command.SkipSlowlog),
		Addr:    s.Peer.Addr(), Client: s.Name(),
	}
	if c.Redacted = redacted(spec, argv); c.Redacted != nil {
		// a password
	} else if spec.FullName == "config|set" {
		c.Redacted = func(i int) bool {
			return i >= 3 && i%2 == 1 && e.svc.Config.Sensitive(string(argv[i-1]))
		}
	}
	e.svc.Monitor.Log(&c)
}

// show sends the command to those who have given MONITOR: before it runs where it runs
// others, which are to be seen behind it, else afterwards. outer is the command that runs it, nil
// for none. What administrators do is not shown.
func (e *Engine) show(s *command.Session, spec *command.Spec, argv [][]byte, outer *command.Spec, before bool) {
	if spec.Has(command.Admin) || spec.Has(command.SkipMonitor) != before {
		return
	}
	from := s.Peer.Addr()
	switch {
	case outer != nil && outer.Group == command.GroupScripting:
		from = "lua"
	case s.Flag(command.UnixSocket):
		from = "unix:" + strings.TrimSuffix(from, ":0")
	}
	e.svc.Feed.Line(e.clock.us(e.clock.ns()), s.DB(), from, argv, redacted(spec, argv))
}

// redacted returns which arguments of the command are passwords, nil for none.
func redacted(spec *command.Spec, argv [][]byte) func(i int) bool {
	from, n := secret(spec, argv)
	if n == 0 {
		return nil
	}
	return func(i int) bool { return i >= from && i < from+n }
}

// secret returns which arguments of the command are passwords: n from one on.
func secret(spec *command.Spec, argv [][]byte) (from, n int) {
	switch spec.FullName {
	case "auth":
		return 1, len(argv) - 1
	case "acl|setuser":
		return 3, len(argv) - 3
	case "hello", "migrate":
		for i, a := range argv {
			switch {
			case spec.Name == "migrate" && command.EqualFold(a, "AUTH"):
				return i + 1, 1
			case command.EqualFold(a, "AUTH"), command.EqualFold(a, "AUTH2"):
				return i + 1, 2
			}
		}
	}
	return 0, 0
}
