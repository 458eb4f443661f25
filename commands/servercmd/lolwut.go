package servercmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

var lolwut = command.Spec{
	Name: "lolwut", Group: command.GroupServer, Since: "5.0.0", Arity: -1,
	Summary: "Writes a line of music.", Syntax: "[VERSION version]", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast,
	Run:   runLolwut,
}

func runLolwut(c *command.Context) error {
	if c.Args.Option("VERSION", 1) {
		c.Args.Int()
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	c.Reply.Verbatim("txt", staff(c.Tx.Env().Rand.IntN)+"\nMedley ver. "+command.Version+"\n")
	return nil
}

const (
	staffRows = 11 // five lines, the spaces between them, and a row above and below
	staffBars = 4
	barBeats  = 8 // columns of a bar, of which every other may have a note
)

// staff draws a melody: a walk over the staff by small steps, with a rest here and
// there, that ends on the note on which it began.
func staff(intN func(int) int) string {
	width := 2 + staffBars*(barBeats+1)
	rows := make([][]rune, staffRows)
	for y := range rows {
		fill := ' '
		if y%2 == 1 {
			fill = '─'
		}
		rows[y] = []rune(strings.Repeat(string(fill), width))
	}
	first := 3 + intN(5)
	note := first
	for bar := range staffBars {
		x := 2 + bar*(barBeats+1)
		for y := 1; y < staffRows-1; y++ {
			rows[y][x-1] = '│'
		}
		for beat := 0; beat < barBeats; beat += 2 {
			last := bar == staffBars-1 && beat == barBeats-2
			switch {
			case last:
				note = first
			case intN(7) == 0:
				continue
			default:
				note = min(max(note+intN(5)-2, 0), staffRows-1)
			}
			rows[note][x+beat+1] = '●'
		}
	}
	for y := 1; y < staffRows-1; y++ {
		rows[y][width-1] = '║'
	}
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(strings.TrimRight(string(r), " "))
		b.WriteByte('\n')
	}
	return b.String()
}
