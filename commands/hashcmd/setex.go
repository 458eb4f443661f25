package hashcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

var hsetex = command.Spec{
	Name: "hsetex", Group: command.GroupHash, Since: "8.0.0", Arity: -6,
	Summary: "Sets fields to values and when they go.",
	Syntax: "key [NX | XX] [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] " +
		"FIELDS numfields field value [field value ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.DenyOOM | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:        runHSetEx,
}

var (
	errTwoConditions = command.Errorf("Only one of FXX or FNX arguments can be specified")
	errTwoTimes      = command.Errorf("Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
	errNoTime        = command.Errorf("missing expire time")
	errFieldNumber   = command.Errorf("invalid number of fields")
)

// setOptions are the arguments of HSETEX.
type setOptions struct {
	ifNew, ifOld  bool   // NX, XX: of the key
	ifNone, ifAll bool   // FNX, FXX
	condition     []byte // the word for it
	keep          bool
	timed         bool
	ms            int64
	pairs         [][]byte
}

func (o *setOptions) parse(c *command.Context) {
	for a := &c.Args; a.Err() == nil; {
		word := a.Peek()
		if u, ok := timeOption(a); ok {
			o.takeTime(c, u)
			continue
		}
		switch {
		case a.Word("NX"), a.Word("XX"):
			if o.ifNew || o.ifOld {
				a.Fail(command.ErrSyntax)
			}
			o.ifNew = command.EqualFold(word, "NX")
			o.ifOld = !o.ifNew
		case a.Word("FNX"), a.Word("FXX"):
			if o.condition != nil {
				a.Fail(errTwoConditions)
			}
			o.condition = word
			o.ifNone = command.EqualFold(word, "FNX")
			o.ifAll = !o.ifNone
		case a.Word("KEEPTTL"):
			if o.timed || o.keep {
				a.Fail(errTwoTimes)
			}
			o.keep = true
		case a.Word("FIELDS"):
			o.takePairs(a)
			return
		case word == nil:
			a.Fail(command.ErrArity)
		default:
			a.Fail(command.Errorf("unknown argument: %s", word))
		}
	}
}

func (o *setOptions) takeTime(c *command.Context, u memberttl.Unit) {
	switch {
	case o.timed || o.keep:
		c.Args.Fail(errTwoTimes)
	case c.Args.Len() == 0:
		c.Args.Fail(errNoTime)
	default:
		o.timed, o.ms = true, memberttl.TakeTime(c, u)
	}
}

func (o *setOptions) takePairs(a *command.Args) {
	if a.Len() < 3 {
		a.Fail(command.ErrArity)
		return
	}
	n := a.IntIn(1, math.MaxInt64, errFieldNumber)
	if a.Err() == nil && (a.Len()%2 != 0 || n != int64(a.Len()/2)) {
		a.Fail(command.ErrArity)
	}
	o.pairs = a.Rest()
}

// holds reports whether the condition is true of the hash.
func (o *setOptions) holds(h hash.Hash) bool {
	for i := 0; i < len(o.pairs) && o.condition != nil; i += 2 {
		if (h.State(o.pairs[i]) == hash.Live) != o.ifAll {
			return false
		}
	}
	return true
}

func runHSetEx(c *command.Context) error {
	key := c.Args.Key()
	var o setOptions
	o.parse(c)
	if err := c.Args.Err(); err != nil {
		return err
	}

	h, err := keyspace.Upsert[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	existed, reaped := h.Exists(), false
	if existed && o.ifNew || !existed && o.ifOld {
		c.Reply.Int(0)
		return nil
	}
	if o.condition != nil {
		reaped = reapMet(c, key, h, o.pairs, 2)
	}
	if !o.holds(h) {
		c.Reply.Int(0)
		return nil
	}
	if o.timed && o.ms <= c.Tx.NowMs() {
		dropPairs(c, key, h, o.pairs, existed)
	} else {
		storePairs(c, key, h, &o, reaped)
	}
	c.Reply.Int(1)
	return nil
}

func storePairs(c *command.Context, key []byte, h hash.Hash, o *setOptions, reaped bool) {
	switch {
	case o.timed:
		for i := 0; i < len(o.pairs); i += 2 {
			h.SetUntil(o.pairs[i], o.pairs[i+1], o.ms)
		}
	case o.keep:
		for i := 0; i < len(o.pairs); i += 2 {
			h.SetKeep(o.pairs[i], o.pairs[i+1])
		}
	default:
		h.SetPairs(o.pairs)
	}
	c.Changed(key, keyspace.EvHSet)
	c.Tx.Subkeys(key, keyspace.EvHSet, o.pairs, 2)
	if !o.timed {
		effectArgs(c, reaped)
		return
	}
	c.Tx.Notify(key, keyspace.EvHExpire)
	c.Tx.Subkeys(key, keyspace.EvHExpire, o.pairs, 2)
	if !c.Tx.Recording() {
		return
	}
	args := make([][]byte, 0, 7+len(o.pairs))
	args = append(args, hsetexName, key)
	if o.condition != nil {
		args = append(args, o.condition)
	}
	args = append(args, pxatName, memberttl.Number(o.ms), fieldsName, memberttl.Number(int64(len(o.pairs)/2)))
	c.Tx.Effect(append(args, o.pairs...)...)
}

// dropPairs sets fields that go at once, and takes each out again: not to set them at
// all would show in the encoding.
func dropPairs(c *command.Context, key []byte, h hash.Hash, pairs [][]byte, existed bool) {
	fields := make([][]byte, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
		h.ExpectTimes()
		h.Delete(pairs[i])
		fields = append(fields, pairs[i])
	}
	c.Changed(key, keyspace.EvHSet)
	c.Tx.Subkeys(key, keyspace.EvHSet, fields, 1)
	c.Tx.Notify(key, keyspace.EvHDel)
	c.Tx.Subkeys(key, keyspace.EvHDel, fields, 1)
	if !existed {
		c.Tx.Notify(key, keyspace.EvDel)
	}
	c.Tx.Effect(memberttl.Named(hdelName, key, fields)...)
}
