package scriptcmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
)

// contained reports whether all keys that the script can touch are elements of KEYS: every call
// in it names its command, and every argument of the command that is a key is one.
func (s *Scripts) contained(f *lua.Facts) bool {
	if !f.Complete {
		return false
	}
	for i := range f.Sites {
		if !s.containedCall(&f.Sites[i]) {
			return false
		}
	}
	return true
}

// containedCallback is contained for a function, which may not run long, either: all functions
// share a state, and one holds up the others whatever their keys are.
func (s *Scripts) containedCallback(cb *lua.Callback) bool { return cb.Quick && s.contained(&cb.Facts) }

// written returns what is known of the function from where it is registered, nil where it is
// not written there.
func (f *function) written() *lua.Callback {
	cb := f.lib.chunk.Callbacks[f.name]
	if p := f.callback.Proto; cb == nil || p == nil || p.LineDefined != cb.Line || p.LastLineDefined != cb.LastLine {
		return nil
	}
	return cb
}

func (s *Scripts) containedCall(site *lua.Site) bool {
	if len(site.Args) == 0 {
		return !site.Spread
	}
	var argv [][]byte
	for _, a := range site.Args[:min(2, len(site.Args))] {
		argv = append(argv, []byte(a.Text))
	}
	if !site.Args[0].Literal {
		return false
	}
	spec := s.table.Find(argv)
	if spec == nil {
		return true // an error
	}
	if len(spec.Subs) > 0 {
		return len(site.Args) > 1 && site.Args[1].Literal
	}
	if spec.Scope != command.ScopeKeys || spec.Search != nil || spec.Beyond != nil {
		return false
	}
	for i := range spec.Keys {
		if k := &spec.Keys[i]; k.Flags&command.NotKey == 0 && !containedKeys(site, k) {
			return false
		}
	}
	return true
}

// containedKeys reports whether all that the spec finds among the arguments are elements of
// KEYS.
func containedKeys(site *lua.Site, k *command.KeySpec) bool {
	args := site.Args
	if k.Keyword != "" || k.Flags&command.Incomplete != 0 || k.Begin <= 0 {
		return false
	}
	step := max(k.Step, 1)
	from, to := k.Begin, k.Begin+k.Last
	switch {
	case k.NumKeys:
		at := k.Begin + k.NumIndex
		if at >= len(args) {
			return !site.Spread // too few arguments, an error
		}
		n, err := strconv.Atoi(args[at].Text)
		if err != nil || n < 0 || n > len(args) {
			return false
		}
		from = k.Begin + k.First
		to = from + (n-1)*step
	case k.Last < 0:
		to = len(args) - 1
	}
	for i := from; i <= to; i += step {
		switch {
		case i >= len(args):
			return !site.Spread
		case args[i].Key:
		case args[i].Keys && (step == 1 || i == to && k.Last >= 0):
			return true // the last one, which is as many as there are
		default:
			return false
		}
	}
	return true
}
