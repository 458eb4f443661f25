package diff

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
)

// A Server is one of the two that are compared.
type Server struct {
	Target cases.Target
	Peer   cases.Peer
}

// Options say what is sent. The zero value of a field means what its comment says.
type Options struct {
	Seed     uint64   // of the first stream; the next ones count up
	Streams  int      // 1
	Length   int      // commands in a stream: 1000
	Proto    int      // RESP2
	Families []string // all; names as in Families
	// Events compares also the key events that the servers publish after every command;
	// notify-keyspace-events says which.
	Events string
	// Ignore, where set, excuses a difference that is known.
	Ignore func(args []string, tested, reference command.Value) bool
}

// A Difference is where two servers disagree.
type Difference struct {
	Seed  uint64
	Proto int
	// Steps are the commands that lead to it; the last one got the two replies.
	Steps             []Step
	Tested, Reference command.Value
	Events            bool            // these are the key events of the last step, not its replies
	replies           []command.Value // the reference's, for each step
}

// Run plays streams until one shows a difference, which is then shrunk. It returns
// nil if there is none. The servers' data is lost.
func Run(tested, reference Server, o Options) (*Difference, error) {
	o.Streams, o.Length = max(1, o.Streams), max(0, o.Length)
	if o.Length == 0 {
		o.Length = 1000
	}
	if o.Proto == 0 {
		o.Proto = 2
	}
	g, err := newGenerator(o.Families, tested.Peer, reference.Peer)
	if err != nil {
		return nil, err
	}
	p := &pair{tested: tested.Target, reference: reference.Target, o: o}
	for i := range o.Streams {
		seed := o.Seed + uint64(i)
		steps := g.stream(seed, o.Length)
		d, err := p.play(steps)
		if err != nil {
			return nil, fmt.Errorf("seed %d: %w", seed, err)
		}
		if d != nil {
			d, err = p.shrink(d)
			if err == nil {
				d.Seed = seed
			}
			return d, err
		}
	}
	return nil, nil
}

// A pair is the two servers.
type pair struct {
	tested, reference cases.Target
	o                 Options
}

// A session is a connection to each of the two.
type session struct {
	tested, reference cases.Client
	comparer
}

func (p *pair) dial() (*session, error) {
	s := &session{comparer: comparer{ignore: p.o.Ignore}}
	var err error
	if s.tested, err = p.tested.Dial(p.o.Proto); err != nil {
		return nil, err
	}
	if s.reference, err = p.reference.Dial(p.o.Proto); err != nil {
		s.tested.Close()
		return nil, err
	}
	return s, nil
}

func (s *session) close() {
	s.tested.Close()
	s.reference.Close()
}

// exchange sends a batch to both, so that they work at the same time, and reads all replies.
func (s *session) exchange(batch []Step) (tested, reference []command.Value, err error) {
	failed := func(server string, err error) ([]command.Value, []command.Value, error) {
		return nil, nil, fmt.Errorf("%s server: %s: %w", server, cases.QuoteAll(batch[0].Args), err)
	}
	if err = send(s.tested, batch); err != nil {
		return failed("tested", err)
	}
	if err = send(s.reference, batch); err != nil {
		return failed("reference", err)
	}
	if tested, err = receive(s.tested, len(batch)); err != nil {
		return failed("tested", err)
	}
	if reference, err = receive(s.reference, len(batch)); err != nil {
		return failed("reference", err)
	}
	return tested, reference, nil
}

func send(c cases.Client, batch []Step) error {
	for _, st := range batch {
		if err := c.Send(st.Args...); err != nil {
			return err
		}
	}
	return nil
}

func receive(c cases.Client, n int) ([]command.Value, error) {
	replies := make([]command.Value, n)
	for i := range replies {
		var err error
		if replies[i], err = c.Receive(); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// play runs a stream on empty servers, then compares the keys.
func (p *pair) play(steps []Step) (*Difference, error) {
	check, err := p.dial()
	if err != nil {
		return nil, err
	}
	defer check.close()
	if _, _, err := check.exchange([]Step{{Args: []string{"FLUSHALL"}}}); err != nil {
		return nil, err
	}
	sessions := map[int]*session{}
	defer func() {
		for _, s := range sessions {
			s.close()
		}
	}()
	events, err := p.listen(check)
	if err != nil {
		return nil, err
	}
	defer events.close()
	d := &Difference{Proto: p.o.Proto}
	for at := 0; at < len(steps); {
		end := at + 1
		for steps[end-1].Piped && end < len(steps) && steps[end].Conn == steps[at].Conn {
			end++
		}
		s := sessions[steps[at].Conn]
		if s == nil {
			if s, err = p.dial(); err != nil {
				return nil, err
			}
			sessions[steps[at].Conn] = s
		}
		differs, err := d.compare(s, steps[at:end])
		if err != nil || differs {
			return d, err
		}
		if differs, err = events.compare(d, check); err != nil || differs {
			return d, err
		}
		at = end
	}
	differs, err := d.compareKeys(check)
	if err != nil || differs {
		return d, err
	}
	return nil, nil
}

// compare plays a batch; a difference leaves its step as the last one of d.
func (d *Difference) compare(s *session, batch []Step) (bool, error) {
	tested, reference, err := s.exchange(batch)
	if err != nil {
		return false, err
	}
	for i, st := range batch {
		d.Steps = append(d.Steps, st)
		d.replies = append(d.replies, reference[i])
		if !s.same(st.Args, tested[i], reference[i]) {
			d.Tested, d.Reference = tested[i], reference[i]
			return true, nil
		}
	}
	return false, nil
}

// compareKeys compares what the databases hold. Its commands become steps of d
// only where they differ: they are a connection's own, the last one.
func (d *Difference) compareKeys(s *session) (bool, error) {
	for db := range databases {
		prefix := []Step{{Conn: connections, Args: []string{"SELECT", strconv.Itoa(db)}}}
		if _, _, err := s.exchange(prefix); err != nil {
			return false, err
		}
		try := func(args ...string) (command.Value, bool, error) {
			part := &Difference{Steps: slices.Clone(prefix), replies: []command.Value{{Kind: command.Status, Str: "OK"}}}
			differs, err := part.compare(s, []Step{{Conn: connections, Args: args}})
			if differs {
				d.Steps, d.replies = append(d.Steps, part.Steps...), append(d.replies, part.replies...)
				d.Tested, d.Reference = part.Tested, part.Reference
				return command.Value{}, true, err
			}
			if err != nil {
				return command.Value{}, false, err
			}
			return part.replies[1], false, nil
		}
		keys, differs, err := try("KEYS", "*")
		if err != nil || differs {
			return differs, err
		}
		if _, differs, err = try("DBSIZE"); err != nil || differs {
			return differs, err
		}
		for _, k := range keys.Elems {
			kind, differs, err := try("TYPE", k.Str)
			if err != nil || differs {
				return differs, err
			}
			for _, args := range [][]string{readAll(kind.Str, k.Str), {"PTTL", k.Str}} {
				if _, differs, err := try(args...); err != nil || differs {
					return differs, err
				}
			}
		}
	}
	return false, nil
}

// readAll returns the command that reads a whole value of a type.
func readAll(kind, key string) []string {
	switch kind {
	case "string":
		return []string{"GET", key}
	case "hash":
		return []string{"HGETALL", key}
	case "list":
		return []string{"LRANGE", key, "0", "-1"}
	case "set":
		return []string{"SMEMBERS", key}
	case "zset":
		return []string{"ZRANGE", key, "0", "-1", "WITHSCORES"}
	case "stream":
		return []string{"XRANGE", key, "-", "+"}
	}
	return []string{"EXISTS", key}
}

// shrink leaves out steps, in large pieces first, as long as a difference remains.
func (p *pair) shrink(d *Difference) (*Difference, error) {
	for size := len(d.Steps) / 2; size > 0; {
		shorter := false
		for at := 0; at+size <= len(d.Steps); {
			steps := slices.Delete(slices.Clone(d.Steps), at, at+size)
			next, err := p.play(steps)
			if err != nil {
				return d, err
			}
			if next != nil && len(next.Steps) < len(d.Steps) {
				d, shorter = next, true
				continue
			}
			at += size
		}
		if !shorter || size > len(d.Steps) {
			size /= 2
		}
	}
	return d, nil
}

// Script writes the difference as a case script that the reference passes.
func (d *Difference) Script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "command: DIFFERENCE\ngroup: difference\nprotocol: %d\n\n", d.Proto)
	fmt.Fprintf(&b, "case: shrunk from the stream of seed %d\n", d.Seed)
	for i := 0; i < len(d.Steps); {
		end := i + 1
		for d.Steps[end-1].Piped && end < len(d.Steps) && d.Steps[end].Conn == d.Steps[i].Conn {
			end++
		}
		prefix := ""
		if c := d.Steps[i].Conn; c > 0 {
			prefix = string(rune('a' + c))
		}
		for _, st := range d.Steps[i:end] {
			fmt.Fprintf(&b, "%s> %s\n", prefix, cases.QuoteAll(st.Args))
		}
		for j := i; j < end; j++ {
			switch {
			case j < len(d.Steps)-1:
			case d.Events:
				fmt.Fprintf(&b, "# the tested server publishes %s\n#    and the reference server %s\n", cases.FormatLine(d.Tested), cases.FormatLine(d.Reference))
			default:
				fmt.Fprintf(&b, "# the tested server says %s\n", cases.FormatLine(d.Tested))
			}
			reply := cases.FormatLine(d.replies[j])
			if ordering(d.Steps[j].Args) != exact && j < len(d.Steps)-1 {
				reply = "any"
			}
			fmt.Fprintf(&b, "%s< %s\n", prefix, reply)
		}
		i = end
	}
	return b.String()
}
