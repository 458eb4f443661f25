package commands

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// refusal returns the error of a command that may not run or be queued.
func (x *Executor) refusal(s *command.Session, spec *command.Spec, argv [][]byte) string {
	switch {
	case spec == nil:
		return x.unknown(argv)
	case !spec.ArityOK(len(argv)) || spec.Run == nil:
		return command.WireText(command.ErrArity, spec)
	case !s.Authed && spec.Flags&command.NoAuth == 0 && x.svc.Users.Required():
		return command.WireText(command.ErrNoAuth, spec)
	case s.InMulti && spec.Flags&command.NoMulti != 0:
		return command.WireText(command.ErrNotInMulti, spec)
	}
	if f := s.Flags(); f&(command.Monitors|command.Subscribed) != 0 {
		switch {
		case f&command.Monitors != 0 && x.touchesKeys(s, spec):
			return "ERR Replica can't interact with the keyspace" // as a client that is sent commands is called
		case f&command.Subscribed != 0 && s.Proto == 2 && !forSubscribers(spec):
			return "ERR Can't execute '" + spec.FullName + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
		}
	}
	x.short, x.unkept = false, nil
	if x.svc.Files != nil {
		if text := x.refusalOfFiles(s, spec, argv); text != "" {
			return text
		}
	}
	if x.eng.maxMemory.Load() > 0 {
		x.tx.Release()
		if x.short = !x.eng.makeRoom(x); x.short && x.deniedOOM(s, spec) {
			return command.WireText(command.ErrOOM, spec)
		}
	}
	if x.svc.Scripting.Strained() && spec.Flags&command.AllowBusy == 0 {
		if err := x.busy(s, spec, argv); err != nil {
			return command.WireText(err, spec)
		}
	}
	return ""
}

// refusalOfFiles returns the error of a command that cannot run because the data is not there
// yet, or because changes could not be kept.
func (x *Executor) refusalOfFiles(s *command.Session, spec *command.Spec, argv [][]byte) string {
	if x.svc.Files.Loading() && spec.Flags&command.Loading == 0 {
		return command.WireText(command.ErrLoading, spec)
	}
	tooFew, err, crowded := x.svc.Primary.TooFew(), x.svc.Files.Refusal(), x.svc.Files.Crowded()
	if !tooFew && err == nil && !crowded {
		return ""
	}
	writes := spec.Group != command.GroupPubSub && x.writes(s, spec, argv)
	ping := err != nil && spec.FullName == "ping"
	if err == nil && tooFew {
		err = command.ErrNoReplicas
	}
	switch {
	case err != nil && spec.Group == command.GroupScripting && spec.Beyond != nil:
		x.unkept = err
	case err != nil && (writes || ping):
		return command.WireText(err, spec)
	case writes && crowded:
		x.tx.Release()
		x.svc.Files.Room()
	}
	return ""
}

// touchesKeys reports whether the command is about keys, or runs one that is.
func (x *Executor) touchesKeys(s *command.Session, spec *command.Spec) bool {
	if spec.FullName == "exec" {
		for _, q := range s.Queue {
			if q.Spec.Flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0 {
				return true
			}
		}
	}
	return spec.Flags&(command.Write|command.ReadOnly|command.MayReplicate) != 0
}

// forSubscribers reports whether a client may run the command that could not tell its
// reply from a message: one with subscriptions in RESP2.
func forSubscribers(spec *command.Spec) bool {
	switch spec.Name {
	case "ping", "quit", "reset":
		return true
	}
	return strings.HasSuffix(spec.Name, "subscribe")
}

// busy returns the error of a command that a script stands in the way of, which has run for
// longer than its limit. Commands without keys that look at data come under it, too.
func (x *Executor) busy(s *command.Session, spec *command.Spec, argv [][]byte) error {
	x.set.Clear()
	switch {
	case spec.Locking() == command.LockSession:
		for _, q := range s.Queue {
			q.Spec.AddShards(x.svc, q.Argv, x.set)
		}
	case spec.Locking() == command.LockNone && spec.Scope == command.ScopeKeys:
		if spec.Group == command.GroupServer || spec.Group == command.GroupGeneric {
			return x.svc.Scripting.AnyBusy()
		}
	default:
		spec.AddShards(x.svc, argv, x.set)
	}
	return x.svc.Scripting.Busy(x.set)
}

// deniedOOM reports whether the command may not run while memory is short: EXEC
// may not either if it would run such a command.
func (x *Executor) deniedOOM(s *command.Session, spec *command.Spec) bool {
	if spec.Flags&command.DenyOOM != 0 {
		return true
	}
	if s.InMulti && spec.FullName == "exec" {
		for _, q := range s.Queue {
			if q.Spec.Flags&command.DenyOOM != 0 {
				return true
			}
		}
	}
	return false
}

const maxShownArgs = 128 // bytes

// unknown words the error of a command that there is not, as clients know it.
func (x *Executor) unknown(argv [][]byte) string {
	if container := x.svc.Table.Lookup(clip(argv[0])); container != nil && len(container.Subs) > 0 && len(argv) > 1 {
		return "ERR unknown subcommand '" + clip(argv[1]) + "'. Try " + strings.ToUpper(container.Name) + " HELP."
	}
	var b strings.Builder
	for _, a := range argv[1:] {
		if b.Len() >= maxShownArgs {
			break
		}
		if n := maxShownArgs - b.Len(); len(a) > n {
			a = a[:n]
		}
		b.WriteByte('\'')
		b.Write(a)
		b.WriteString("' ")
	}
	return "ERR unknown command '" + clip(argv[0]) + "', with args beginning with: " + b.String()
}

func clip(b []byte) string {
	if len(b) > maxShownArgs {
		b = b[:maxShownArgs]
	}
	return string(b)
}

func (x *Executor) refuse(s *command.Session, spec *command.Spec, text string, r command.Reply) {
	if spec != nil && spec.FullName == "exec" {
		text = "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(text, "ERR ")
	}
	r.Error(text)
	x.svc.Stats.CountError(command.ErrorCode(text))
	if spec != nil {
		x.stats.Refused(spec)
		if spec.FullName == "exec" {
			x.discard(s)
			return
		}
	}
	if s.InMulti {
		s.Aborted = true
	}
}
