// Package facts knows the field's commands: what Valkey 9.1, Redis 8.0 and Redis 8.10
// say of each in COMMAND INFO. An engine's own descriptions are compared with it.
//
// testdata/commands.tsv has one command or subcommand a line, in these columns:
//
//	name        upper case; a subcommand as CLIENT|ID
//	group       string, generic, sorted_set, ...
//	since       the source's version that had it first
//	arity       as COMMAND INFO counts: with the name, negative for "at least"
//	flags       words; - for none
//	categories  ACL categories without the @, implied ones included
//	keys        first key, last key, step
//	keyspecs    words of the form FLAGS:BEGIN:FIND, see KeySpec; - for none
//	peers       who has it: valkey9.1 redis8.0 redis8.10
//	source      the peer that the columns before describe
//	differs     where another peer deviates: PEER.COLUMN=VALUE, several between " | ";
//	            redis means both Redis versions, and flags have +word or -word
//
// Flags that COMMAND INFO hides (such as may_replicate and sentinel) are there only where
// the source is not redis8.10.
package facts

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The peers that facts are about.
const (
	Valkey91 = "valkey9.1"
	Redis80  = "redis8.0"
	Redis810 = "redis8.10"
)

//go:embed testdata/commands.tsv
var table string

// A Command is what is known of one.
type Command struct {
	Name       string // upper case, subcommands as CLIENT|ID
	Group      string
	Since      string
	Arity      int
	Flags      []string
	Categories []string // without the @
	FirstKey   int      // 0 if the command has no keys at fixed places
	LastKey    int      // negative counts from the end
	KeyStep    int
	KeySpecs   []KeySpec
	Peers      []string // who has it
	Source     string   // the peer that the fields describe
	Differs    []Deviation
}

// Has reports whether a peer has the command.
func (c Command) Has(peer string) bool { return slices.Contains(c.Peers, peer) }

// A Deviation is a column that another peer has otherwise.
type Deviation struct {
	Peer   string // a peer, or redis for both Redis versions
	Column string
	Value  string // of flags: +word or -word, one after the other
}

// A KeySpec says where keys are, and what happens to them.
type KeySpec struct {
	Flags []string // RO, RW, OW, RM, access, update, insert, delete, not_key, incomplete, variable_flags
	// Where the search begins: at argument Index, or after the first Keyword from argument
	// From on (negative: backwards from the end). Neither is known if Index is 0 and
	// Keyword is empty.
	Index   int
	Keyword string
	From    int
	// Which arguments are keys: a Range or a count; neither is known if both are nil.
	Range  *Range
	KeyNum *KeyNum
}

// A Range is keys up to Last, counted from the beginning of the search (negative: from
// the end), every Step arguments; Limit divides what remains.
type Range struct{ Last, Step, Limit int }

// A KeyNum is a number of keys at argument Index, counted from the beginning of the
// search; the first key stands at First, the others each Step after.
type KeyNum struct{ Index, First, Step int }

// Load reads the facts.
func Load() ([]Command, error) { return parse(table) }

const columns = "name group since arity flags categories keys keyspecs peers source differs"

func parse(text string) ([]Command, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != strings.ReplaceAll(columns, " ", "\t") {
		return nil, fmt.Errorf("facts: unknown columns %q", lines[0])
	}
	var commands []Command
	for i, line := range lines[1:] {
		c, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("facts: line %d: %w", i+2, err)
		}
		commands = append(commands, c)
	}
	return commands, nil
}

func parseLine(line string) (c Command, err error) {
	f := strings.Split(line, "\t")
	if want := strings.Count(columns, " ") + 1; len(f) != want {
		return c, fmt.Errorf("%d columns, not %d", len(f), want)
	}
	c = Command{Name: f[0], Group: f[1], Since: f[2], Flags: words(f[4]), Categories: words(f[5]),
		Peers: words(f[8]), Source: f[9]}
	if c.Arity, err = strconv.Atoi(f[3]); err != nil {
		return c, err
	}
	keys, err := numbers(strings.Fields(f[6]))
	if err != nil {
		return c, err
	}
	c.FirstKey, c.LastKey, c.KeyStep = keys[0], keys[1], keys[2]
	for _, w := range words(f[7]) {
		spec, err := parseKeySpec(w)
		if err != nil {
			return c, err
		}
		c.KeySpecs = append(c.KeySpecs, spec)
	}
	c.Differs, err = parseDiffers(f[10])
	return c, err
}

func words(s string) []string {
	if s == "-" {
		return nil
	}
	return strings.Fields(s)
}

// numbers reads three numbers.
func numbers(fields []string) (n [3]int, err error) {
	if len(fields) != 3 {
		return n, fmt.Errorf("%q are not three numbers", fields)
	}
	for i, f := range fields {
		if n[i], err = strconv.Atoi(f); err != nil {
			return n, err
		}
	}
	return n, nil
}

// parseKeySpec reads FLAGS:BEGIN:FIND. BEGIN is i1 (argument 1), k"WORD"1 (after WORD,
// looked for from argument 1) or ?; FIND is r-1,1,0 (last, step, limit), n0,1,1
// (count's place, first, step) or ?.
func parseKeySpec(s string) (spec KeySpec, err error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 || len(parts[1]) == 0 || len(parts[2]) == 0 {
		return spec, fmt.Errorf("bad key spec %q", s)
	}
	spec.Flags = strings.Split(parts[0], "+")
	switch begin := parts[1]; begin[0] {
	case 'i':
		spec.Index, err = strconv.Atoi(begin[1:])
	case 'k':
		quoted := strings.Split(begin, `"`)
		if len(quoted) != 3 {
			return spec, fmt.Errorf("bad keyword in %q", s)
		}
		spec.Keyword = quoted[1]
		spec.From, err = strconv.Atoi(quoted[2])
	case '?':
	default:
		err = fmt.Errorf("bad beginning in %q", s)
	}
	if err != nil || parts[2] == "?" {
		return spec, err
	}
	n, err := numbers(strings.Split(parts[2][1:], ","))
	switch parts[2][0] {
	case 'r':
		spec.Range = &Range{n[0], n[1], n[2]}
	case 'n':
		spec.KeyNum = &KeyNum{n[0], n[1], n[2]}
	default:
		err = fmt.Errorf("bad search in %q", s)
	}
	return spec, err
}

func parseDiffers(s string) ([]Deviation, error) {
	if s == "-" {
		return nil, nil
	}
	var all []Deviation
	for one := range strings.SplitSeq(s, " | ") {
		name, value, ok := strings.Cut(one, "=")
		dot := strings.LastIndexByte(name, '.')
		if !ok || dot < 0 {
			return nil, fmt.Errorf("bad deviation %q", one)
		}
		all = append(all, Deviation{Peer: name[:dot], Column: name[dot+1:], Value: value})
	}
	return all, nil
}

// For returns the command as a peer has it, as far as arity and flags go.
func (c Command) For(peer string) Command {
	c.Flags = slices.Clone(c.Flags)
	for _, d := range c.Differs {
		if d.Peer != peer && (d.Peer != "redis" || !strings.HasPrefix(peer, "redis")) {
			continue
		}
		switch d.Column {
		case "arity":
			if n, err := strconv.Atoi(d.Value); err == nil {
				c.Arity = n
			}
		case "flags":
			c.Flags = applyFlags(c.Flags, d.Value)
		}
	}
	return c
}

// applyFlags applies changes such as -allow_busy+no_multi.
func applyFlags(flags []string, changes string) []string {
	for changes != "" {
		end := 1 + strings.IndexAny(changes[1:]+"+", "+-")
		word := changes[1:end]
		if changes[0] == '-' {
			flags = slices.DeleteFunc(flags, func(f string) bool { return f == word })
		} else {
			flags = append(flags, word)
		}
		changes = changes[end:]
	}
	return flags
}
