package config

import (
	"slices"
	"strings"
)

// flags say how a directive may be used.
type flags uint16

const (
	immutable   flags = 1 << iota // CONFIG SET refuses; only files and the command line set it
	protected                     // CONFIG SET needs enable-protected-configs
	sensitive                     // the value must not reach logs, SLOWLOG or MONITOR
	denyLoading                   // CONFIG SET refuses while the data set is loading
	hidden                        // CONFIG GET shows it only when asked by its exact name
	volatile                      // setting the same value again runs the hooks too (files re-read)
	multi                         // takes several arguments
	repeats                       // several lines in a file make up one value
	pinned                        // rewritten even at its default, which depends on the process

	live flags = 0 // CONFIG SET may change it at any time
)

// directive is one row of the tables.
type directive struct {
	name    string
	aliases []string
	flags   flags
	kind    kind
	unused  bool   // nothing in Medley reads the value
	initial string // the default, as CONFIG GET prints it
}

// kind knows one sort of value: how it is written, checked, stored and printed. Values travel
// as any between its methods; only the kind that made one looks inside.
type kind interface {
	// label names the sort of value, for humans.
	label() string
	// parse checks args and returns their value, given the current one. Its errors are Redis's
	// texts.
	parse(args []string, old any) (any, error)
	load() any
	store(any)
	// text prints a value as CONFIG GET does.
	text(v any) string
	// lines prints the arguments of the configuration line or lines that yield v. None means that
	// v can only be had by leaving the directive out.
	lines(v any) []string
}

// settable is a kind that CONFIG SET checks more strictly than a file: against the machine.
type settable interface {
	checkSet(v any) error
}

// accumulating is a kind whose lines in a file may add up: the first one sets the value, the next
// ones add to it.
type accumulating interface {
	add(args []string, old any) (any, error)
	accumulates() bool
}

func (d *directive) alias(names ...string) *directive {
	d.aliases = append(d.aliases, names...)
	return d
}

func (d *directive) text() string { return d.kind.text(d.kind.load()) }

// split cuts one CONFIG SET value into the arguments that the kind expects: at every single
// space, as Redis does, so that two spaces in a row enclose an empty argument.
func (d *directive) split(value string) []string {
	switch {
	case d.flags&multi == 0:
		return []string{value}
	case value == "":
		return nil
	}
	return strings.Split(value, " ")
}

// table collects rows while a Config is built.
type table struct{ rows []*directive }

func (t *table) add(name string, k kind, f flags, unused bool) *directive {
	d := &directive{name: name, kind: k, flags: f, unused: unused, initial: k.text(k.load())}
	t.rows = append(t.rows, d)
	return d
}

// bool adds a yes/no row. Like all the methods below: a nil handle means that nothing reads it.
func (t *table) bool(name string, h *Bool, def bool, f flags) *directive {
	unused := h == nil
	if unused {
		h = new(Bool)
	}
	h.v.Store(def)
	return t.add(name, boolKind{h}, f, unused)
}

func (t *table) number(name string, h *Int, def int64, k numberKind, f flags) *directive {
	k.h = h
	if h == nil {
		k.h = new(Int)
	}
	k.h.v.Store(def)
	return t.add(name, k, f, h == nil)
}

// int adds a plain integer between lo and hi.
func (t *table) int(name string, h *Int, def, lo, hi int64, f flags) *directive {
	return t.number(name, h, def, numberKind{min: lo, max: hi}, f)
}

// size adds a number of bytes between lo and hi.
func (t *table) size(name string, h *Int, def, lo, hi int64, f flags) *directive {
	return t.number(name, h, def, numberKind{min: lo, max: hi, form: memory}, f)
}

// enum adds a choice among words; def is an index into them.
func (t *table) enum(name string, h rawEnum, def int32, words []string, f flags) *directive {
	unused := h == nil
	if unused {
		h = new(Enum[int32])
	}
	h.setRaw(def)
	return t.add(name, enumKind{h: h, words: words}, f, unused)
}

// string adds a text; check, if any, refuses values.
func (t *table) string(name string, h *String, def string, check func(string) error, f flags) *directive {
	unused := h == nil
	if unused {
		h = new(String)
	}
	h.store(def)
	return t.add(name, stringKind{h: h, check: check, nullable: def == ""}, f, unused)
}

// Info describes a directive for documentation and tools.
type Info struct {
	Name    string
	Aliases []string
	// Kind is bool, integer, memory, memory or percent, octal, enum, flags, string, or the name of
	// a form of its own.
	Kind string
	// Default is the default as CONFIG GET prints it.
	Default string
	// Immutable directives are set by files and the command line only; Protected ones by CONFIG SET
	// if enable-protected-configs allows; the value of a Sensitive one must not be logged.
	Immutable, Protected, Sensitive bool
	// Unused directives are accepted and shown, and have no effect.
	Unused bool
}

// Directives describes every directive, ordered by name.
func (c *Config) Directives() []Info {
	var out []Info
	for _, d := range c.rows {
		out = append(out, Info{
			Name: d.name, Aliases: slices.Clone(d.aliases), Kind: d.kind.label(), Default: d.initial,
			Immutable: d.flags&immutable != 0, Protected: d.flags&protected != 0,
			Sensitive: d.flags&sensitive != 0, Unused: d.unused,
		})
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out
}
