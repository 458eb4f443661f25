package hllcmd

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/hll"
	"github.com/medleydb/medley/keyspace"
)

var pfdebug = command.Spec{
	Name: "pfdebug", Group: command.GroupHyperLogLog, Since: "2.8.9", Arity: 3,
	Summary: "Shows the inside of a HyperLogLog.", Syntax: "subcommand key", Complexity: "O(N) in the registers",
	Flags: writes | command.Admin,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Access)},
	Run:   runPFDebug,
}

func runPFDebug(c *command.Context) error {
	what, key := c.Args.Bytes(), c.Args.Key()
	if command.EqualFold(what, "SIMD") {
		// Registers are read one way only: there is nothing to turn on or off.
		if !command.EqualFold(key, "ON") && !command.EqualFold(key, "OFF") {
			return command.Errorf("Argument must be ON or OFF")
		}
		c.Reply.Status(map[bool]string{true: "enabled", false: "disabled"}[command.EqualFold(key, "ON")])
		return nil
	}

	h, ok, err := update(c, key)
	if err != nil {
		return err
	}
	if !ok {
		return command.Errorf("The specified key does not exist")
	}
	switch strings.ToLower(string(what)) {
	case "getreg":
		if _, err := makeDense(c, key, h); err != nil {
			return err
		}
		regs, err := h.Registers()
		if err != nil {
			return err
		}
		c.Reply.Array(len(regs))
		for _, v := range regs {
			c.Reply.Int(int64(v))
		}
	case "decode":
		if h.Dense() {
			return command.Errorf("HLL encoding is not sparse")
		}
		c.Reply.Bulk(h.AppendRuns(nil))
	case "encoding":
		if h.Dense() {
			c.Reply.Status("dense")
		} else {
			c.Reply.Status("sparse")
		}
	case "todense":
		did, err := makeDense(c, key, h)
		if err != nil {
			return err
		}
		n := int64(0)
		if did {
			n = 1
		}
		c.Reply.Int(n)
	default:
		return command.Errorf("Unknown PFDEBUG subcommand '%s'", what)
	}
	return nil
}

func makeDense(c *command.Context, key []byte, h hll.HLL) (bool, error) {
	did, err := h.MakeDense()
	if did {
		c.Changed(key, keyspace.EvNone)
	}
	return did, err
}

var pfselftest = command.Spec{
	Name: "pfselftest", Group: command.GroupHyperLogLog, Since: "2.8.9", Arity: 1,
	Summary: "Tests the estimates of HyperLogLogs.", Complexity: "O(N) in the elements that are added",
	Flags: command.Admin,
	Run:   runPFSelfTest,
}

// runPFSelfTest adds elements in number to an empty HyperLogLog and compares each
// estimate with what is true: five standard errors are as good as never missed.
func runPFSelfTest(c *command.Context) error {
	const (
		elements = 200_000
		stdError = 1.04 / 128 // one through the root of the number of registers
	)
	h := hll.New(c.Tx.Env())
	var e [8]byte
	next := 1
	for i := 1; i <= elements; i++ {
		binary.LittleEndian.PutUint64(e[:], uint64(i))
		if _, err := h.Add([][]byte{e[:]}); err != nil {
			return err
		}
		if i < next {
			continue
		}
		next *= 10
		n, _, err := h.Count()
		if err != nil {
			return err
		}
		if off := math.Abs(float64(n) - float64(i)); off > math.Ceil(float64(i)*stdError*5) {
			return command.Errorf("TESTFAILED %d elements are estimated as %d", i, n)
		}
	}
	c.Reply.OK()
	return nil
}
