package listcmd

import (
	"math"
	"slices"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
)

var lmovem = command.Spec{
	Name: "lmovem", Group: command.GroupList, Since: "8.10.0", Arity: -5,
	Summary: "Moves several elements from an end of one list to an end of another.",
	Syntax:  "source destination <LEFT | RIGHT> <LEFT | RIGHT> [<COUNT count | EXACTLY count> <OBO | BULK>]", Complexity: "O(N) in the number of elements moved",
	Flags: command.Write | command.DenyOOM,
	Keys:  moveKeys(),
	Run:   runLMoveM,
}

// A multiMove is what LMOVEM and BLMOVEM are asked for.
type multiMove struct {
	move
	count   int64
	exactly bool // rather nothing than fewer
	bulk    bool // as one piece that keeps its order, not one by one
}

// tail takes the options behind the ends and, in BLMOVEM, the timeout.
func (m *multiMove) tail(a *command.Args) {
	m.count = 1
	if !a.More() {
		return
	}
	if a.Word("EXACTLY") {
		m.exactly = true
	} else if !a.Word("COUNT") {
		a.Fail(command.ErrSyntax)
	}
	number := a.Bytes()
	if a.Word("BULK") {
		m.bulk = true
	} else if !a.Word("OBO") {
		a.Fail(command.ErrSyntax)
	}
	if a.More() {
		a.Fail(command.ErrSyntax)
	}
	if a.Err() == nil {
		n := command.NewArgs([][]byte{number}, 0)
		m.count = n.IntIn(1, math.MaxInt64, errCount)
		a.Fail(n.Err())
	}
}

func runLMoveM(c *command.Context) error {
	m := multiMove{move: moveArgs(&c.Args)}
	m.tail(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	n, err := m.run(c)
	if err != nil {
		return err
	}

	if n == 0 && m.exactly {
		c.Reply.NullArray()
	} else if n == 0 {
		c.Reply.Array(0)
	}
	return nil
}

// run moves the elements, answers with them as they stand in the destination now and
// returns how many there were. Without any it gives no answer.
func (m *multiMove) run(c *command.Context) (int, error) {
	src, dst, ok, err := m.open(c)
	if err != nil || !ok {
		return 0, err
	}
	have := src.Len()
	n := int(min(m.count, int64(have)))
	if m.exactly && int64(n) < m.count {
		return 0, nil
	}
	block := m.take(src, n)
	if m.to == list.Head {
		slices.Reverse(block)
		dst.Push(list.Head, block...)
		slices.Reverse(block)
	} else {
		dst.Push(list.Tail, block...)
	}
	m.changed(c)
	c.Reply.Array(n)
	for _, b := range block {
		c.Reply.Bulk(b)
	}
	return n, nil
}

// take removes n elements from the source and returns copies of them in the order in
// which they come to stand in the destination.
func (m *multiMove) take(src list.List, n int) [][]byte {
	from := 0
	if m.from == list.Tail {
		from = src.Len() - n
	}
	block := make([][]byte, 0, n)
	var text []byte
	var scratch [20]byte
	it := src.Iter(from, false)
	for len(block) < n && it.Next() {
		at := len(text)
		text = append(text, it.Bytes(scratch[:])...)
		block = append(block, text[at:len(text):len(text)])
	}
	src.Drop(m.from, n)
	if !m.bulk && m.from == m.to {
		slices.Reverse(block) // each is pushed in front of the one before it
	}
	return block
}

var blmovem = command.Spec{
	Name: "blmovem", Group: command.GroupList, Since: "8.10.0", Arity: -6,
	Summary: "Moves several elements from an end of one list to an end of another, or waits for them.",
	Syntax:  "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout [<COUNT count | EXACTLY count> <OBO | BULK>]", Complexity: "O(N) in the number of elements moved",
	Flags: command.Write | command.DenyOOM | command.Blocking,
	Keys:  moveKeys(),
	Run:   runBLMoveM,
}

func runBLMoveM(c *command.Context) error {
	m := multiMove{move: moveArgs(&c.Args)}
	timeout := c.Args.Bytes()
	m.tail(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}
	deadline, err := c.ParseTimeout(timeout)
	if err != nil {
		return err
	}

	n, err := m.run(c)
	if err != nil {
		return err
	}
	if n == 0 {
		return m.park(c, deadline, command.NullArray)
	}
	if c.Tx.Recording() {
		order, argv := oboName, c.Argv()
		if m.bulk {
			order = bulkName
		}
		c.Tx.Effect(lmovemName, m.src, m.dst, argv[3], argv[4], exactlyName, strconv.AppendInt(nil, int64(n), 10), order)
	}
	return nil
}
