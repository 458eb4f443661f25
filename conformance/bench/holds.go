package bench

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/server/resp"
)

// A holdLoad fills the key "large" with elements, so many with a command.
type holdLoad struct {
	name    string
	per     int
	command func(args []string, i int) []string // appends element i
	begin   []string
}

func holdLoads() []holdLoad {
	text := func(args []string, i int) []string { return append(args, number("element", i)) }
	return []holdLoad{
		{"nothing", 1, func(args []string, i int) []string { return append(args, "x") }, []string{"ECHO"}}, // to compare with
		{"hash", 20, func(args []string, i int) []string { return append(args, number("field", i), number("value", i)) }, []string{"HSET", "large"}},
		{"list", 20, text, []string{"RPUSH", "large"}},
		{"set", 20, text, []string{"SADD", "large"}},
		{"multiples of 3", 20, func(args []string, i int) []string { return append(args, strconv.Itoa(3*i)) }, []string{"SADD", "large"}},
		{"63-bit numbers", 20, func(args []string, i int) []string { return append(args, strconv.FormatUint(mix(i)>>1, 10)) }, []string{"SADD", "large"}},
		{"zset in order", 20, func(args []string, i int) []string { return append(args, strconv.Itoa(i), number("member", i)) }, []string{"ZADD", "large"}},
		{"zset", 20, func(args []string, i int) []string {
			return append(args, strconv.FormatFloat(rand.New(rand.NewPCG(uint64(i), 1)).Float64(), 'g', -1, 64), number("member", i))
		}, []string{"ZADD", "large"}},
		{"stream", 1, func(args []string, i int) []string { return append(args, "*", "temperature", strconv.Itoa(i%100)) }, []string{"XADD", "large"}},
	}
}

// holdEnds are the ways in which a large value goes. Before the last command there may be others, which
// are not measured.
var holdEnds = []struct {
	name   string
	before [][]string
	last   []string
}{
	{"DEL", nil, []string{"DEL", "large"}},
	{"UNLINK", nil, []string{"UNLINK", "large"}},
	{"EXPIRE 0", nil, []string{"EXPIRE", "large", "0"}},
	{"expired", [][]string{{"DEBUG", "SET-ACTIVE-EXPIRE", "0"}, {"PEXPIRE", "large", "1"}}, []string{"EXISTS", "large"}},
	{"SET", nil, []string{"SET", "large", "small"}},
	{"RENAME", [][]string{{"SET", "{large}small", "small"}}, []string{"RENAME", "{large}small", "large"}},
	{"FLUSHALL", nil, []string{"FLUSHALL"}},
}

// args returns the load's command number i.
func (l holdLoad) args(i int) []string {
	args := slices.Clone(l.begin)
	for j := range l.per {
		args = l.command(args, i*l.per+j)
	}
	return args
}

// holdBatch is how many elements are sent at once: few, so that a turn of a loop is short unless
// something in it takes long.
const holdBatch = 200

// A hold is the longest time that a command held locks and that a loop served one connection,
// in microseconds.
type hold struct{ lock, turn float64 }

// Holds prints how long commands hold locks at most, and loops serve one connection, while
// values of so many elements are filled and while they go. A thread that the system took
// the processor from seems to hold its locks meanwhile, and the machine has other work: so
// each figure is the least of the rounds' longest. What a value that goes takes by itself shows
// in every round. Among the many commands that fill it some are always interrupted, each time
// others: of these the most processor time that one needs is printed too (longestCPU).
func Holds(o Options, elements int) error {
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	fmt.Fprintf(o.Out, "%-14s %-9s | %8s | %8s | %8s | turns of rounds\n", strconv.Itoa(elements)+" of", "", "CPU us", "lock us", "turn us")
	for _, l := range holdLoads() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, l.name) {
			continue
		}
		found := map[string][]hold{}
		cpu, err := longestCPU(l, elements, o.Rounds)
		for range o.Rounds {
			if err == nil {
				err = holdRound(o, l, elements, found)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		printHolds(o.Out, l.name, "load", found["load"], cpu)
		for _, end := range holdEnds {
			if list := found[end.name]; list != nil {
				printHolds(o.Out, l.name, end.name, list, 0)
			}
		}
	}
	return nil
}

func printHolds(w io.Writer, load, what string, list []hold, cpuUs float64) {
	least, turns := list[0], ""
	for _, h := range list {
		least = hold{min(least.lock, h.lock), min(least.turn, h.turn)}
		turns += fmt.Sprintf(" %.0f", h.turn)
	}
	cpu := ""
	if cpuUs > 0 {
		cpu = fmt.Sprintf("%.0f", cpuUs)
	}
	fmt.Fprintf(w, "%-14s %-9s | %8s | %8.0f | %8.0f |%s\n", load, what, cpu, least.lock, least.turn, turns)
}

// holdRound fills a value and lets copies of it go in each way, with a fresh server.
func holdRound(o Options, l holdLoad, elements int, found map[string][]hold) error {
	p := binaries(o)[0]
	p.Args = append(p.Args, "--enable-debug-command", "local")
	r, err := p.Start()
	if err != nil {
		return err
	}
	defer r.Stop()
	note := func(what string, fn func() error) error {
		if err := r.say("CONFIG", "RESETSTAT"); err != nil {
			return err
		}
		if err := fn(); err != nil {
			return err
		}
		h, err := r.hold()
		found[what] = append(found[what], h)
		return err
	}
	if err := note("load", func() error { return r.pipeIn(holdBatch/l.per, elements/l.per, l.args) }); err != nil {
		return err
	}
	if l.begin[0] == "ECHO" {
		return nil
	}
	if err := r.say("RENAME", "large", "{large}kept"); err != nil {
		return err
	}
	for _, end := range holdEnds {
		for _, command := range append([][]string{{"COPY", "{large}kept", "large", "REPLACE"}}, end.before...) {
			if err := r.say(command...); err != nil {
				return err
			}
		}
		time.Sleep(10 * time.Millisecond) // longer than what expires lives
		if err := note(end.name, func() error { return r.say(end.last...) }); err != nil {
			return err
		}
	}
	return nil
}

// say runs one command.
func (r *Running) say(command ...string) error {
	return r.pipe(1, func(int) []string { return command })
}

// hold asks the server for the longest times since its figures were reset.
func (r *Running) hold() (h hold, err error) {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		return h, err
	}
	defer c.Close()
	if _, err := c.Write(resp.AppendCommand(nil, "INFO", "medley")); err != nil {
		return h, err
	}
	in := bufio.NewReader(c)
	for h.lock == 0 || h.turn == 0 {
		line, err := in.ReadString('\n')
		if err != nil {
			return h, err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "lock_hold_usec_max":
			h.lock, err = strconv.ParseFloat(value, 64)
		case "loop_turn_usec_max":
			h.turn, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return h, err
		}
	}
	return h, nil
}
