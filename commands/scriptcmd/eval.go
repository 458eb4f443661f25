package scriptcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

const (
	evalFlags = command.NoScript | command.SkipMonitor | command.Stale | command.NoMandatoryKeys
	evalKeys  = command.RW | command.Access | command.Update
	roKeys    = command.RO | command.Access
)

var eval = command.Spec{
	Name: "eval", Group: command.GroupScripting, Since: "2.6.0", Arity: -3,
	Summary: "Runs a script.", Syntax: "script numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the script",
	Flags:  evalFlags | command.MayReplicate,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, evalKeys)},
	Beyond: scriptBeyond, Long: scriptLong, Writes: scriptWrites,
	Run: func(c *command.Context) error { return runEval(c, byText, false) },
}

var evalRO = command.Spec{
	Name: "eval_ro", Group: command.GroupScripting, Since: "7.0.0", Arity: -3,
	Summary: "Runs a script that changes nothing.", Syntax: "script numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the script",
	Flags:  evalFlags | command.ReadOnly,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, roKeys)},
	Beyond: scriptBeyond, Long: scriptLong,
	Run: func(c *command.Context) error { return runEval(c, byText, true) },
}

var evalSha = command.Spec{
	Name: "evalsha", Group: command.GroupScripting, Since: "2.6.0", Arity: -3,
	Summary: "Runs a known script, by its digest.", Syntax: "sha1 numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the script",
	Flags:  evalFlags | command.MayReplicate,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, evalKeys)},
	Beyond: scriptBeyond, Long: scriptLong, Writes: scriptWrites,
	Run: func(c *command.Context) error { return runEval(c, bySHA, false) },
}

var evalShaRO = command.Spec{
	Name: "evalsha_ro", Group: command.GroupScripting, Since: "7.0.0", Arity: -3,
	Summary: "Runs a known script that changes nothing, by its digest.", Syntax: "sha1 numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the script",
	Flags:  evalFlags | command.ReadOnly,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, roKeys)},
	Beyond: scriptBeyond, Long: scriptLong,
	Run: func(c *command.Context) error { return runEval(c, bySHA, true) },
}

type naming uint8

const (
	byText naming = iota
	bySHA
)

// runEval reports errors in Redis's order: a digest of another length before anything else,
// and the script only when its keys are counted.
func runEval(c *command.Context, by naming, readOnly bool) error {
	name := c.Args.Bytes()
	if by == bySHA && len(name) != shaLen {
		return errNoScript
	}
	keys, argv, err := keysAndArgs(c)
	if err != nil {
		return err
	}
	s := scriptsOf(c)
	var sc *Script
	if by == bySHA {
		if sc = s.find(name); sc == nil {
			return errNoScript
		}
	} else if sc, err = s.prepare(name, false); err != nil {
		return err
	}

	return s.run(c, call{script: sc, keys: keys, argv: argv, readOnly: readOnly})
}

// keysAndArgs takes the number of keys, the keys and the arguments behind them.
func keysAndArgs(c *command.Context) (keys, argv [][]byte, err error) {
	n := c.Args.IntOr(datatypes.ErrNotInteger)
	if err := c.Args.Err(); err != nil {
		return nil, nil, err
	}
	switch {
	case n > int64(c.Args.Len()):
		return nil, nil, command.Errorf("Number of keys can't be greater than number of args")
	case n < 0:
		return nil, nil, command.Errorf("Number of keys can't be negative")
	}
	return c.Args.Take(int(n)), c.Args.Rest(), nil
}

// named returns the script that the arguments of EVAL or EVALSHA name, nil for none; a script
// that is given as text need not be known.
func named(sv *command.Services, argv [][]byte) *Script {
	s := sv.Scripting.(*Scripts)
	if len(argv) < 2 {
		return nil
	}
	if len(argv[0]) >= len("evalsha") && argv[0][len("eval")]|0x20 == 's' {
		return s.find(argv[1])
	}
	sc, _ := s.prepare(argv[1], false)
	return sc
}

func scriptBeyond(sv *command.Services, argv [][]byte) bool {
	sc := named(sv, argv)
	if sc == nil || !sc.contained {
		return true
	}
	// One that has no keys and may run for ever holds everything, so that there is an end to
	// it: what waits for it is answered.
	keyless := len(argv) > 2 && len(argv[2]) == 1 && argv[2][0] == '0'
	return keyless && !sc.chunk.Quick
}

func scriptWrites(sv *command.Services, argv [][]byte) bool {
	sc := named(sv, argv)
	return sc == nil || sc.flags&noWrites == 0
}

func scriptLong(sv *command.Services, argv [][]byte) bool {
	sc := named(sv, argv)
	return sc != nil && !sc.chunk.Quick
}
