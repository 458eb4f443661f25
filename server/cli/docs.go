package cli

import (
	"slices"
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// help is what the server's COMMAND DOCS says, by name.
type help struct {
	commands []commandDoc
	groups   []string
}

// A commandDoc describes a command or a subcommand.
type commandDoc struct {
	words   []string // CONFIG GET: two
	summary string
	since   string
	group   string
	args    []argDoc
}

func (d *commandDoc) name() string { return strings.Join(d.words, " ") }

// An argDoc is an argument as COMMAND DOCS has it: a value, a token, one of
// several, or a block of several in a row.
type argDoc struct {
	kind          string // key, string, integer, double, unix-time, pattern, pure-token, oneof, block
	display       string
	token         string
	hasToken      bool // the token may be the empty string
	optional      bool
	multiple      bool
	multipleToken bool // the token is repeated as well
	args          []argDoc
}

// parseHelp reads the reply of COMMAND DOCS, a map in RESP3 and a flat array in
// RESP2. Anything else gives an empty help.
func parseHelp(v command.Value) *help {
	h := &help{}
	for name, doc := range pairs(v) {
		h.add([]string{strings.ToUpper(name)}, doc)
	}
	slices.SortFunc(h.commands, func(a, b commandDoc) int { return slices.Compare(a.words, b.words) })
	slices.Sort(h.groups)
	h.groups = slices.Compact(h.groups)
	return h
}

func (h *help) add(words []string, v command.Value) {
	d := commandDoc{words: words}
	for field, value := range pairs(v) {
		switch field {
		case "summary":
			d.summary = value.Str
		case "since":
			d.since = value.Str
		case "group":
			d.group = value.Str
			h.groups = append(h.groups, value.Str)
		case "arguments":
			d.args = parseArgs(value)
		case "subcommands":
			for name, sub := range pairs(value) {
				// config|get, under config.
				_, name, _ = strings.Cut(name, "|")
				h.add([]string{words[0], strings.ToUpper(name)}, sub)
			}
		}
	}
	h.commands = append(h.commands, d)
}

func parseArgs(v command.Value) []argDoc {
	var args []argDoc
	for _, e := range v.Elems {
		args = append(args, parseArg(e))
	}
	return args
}

func parseArg(v command.Value) (a argDoc) {
	for field, value := range pairs(v) {
		switch field {
		case "name":
			if a.display == "" {
				a.display = value.Str
			}
		case "display_text":
			a.display = value.Str
		case "type":
			a.kind = value.Str
		case "token":
			a.token, a.hasToken = value.Str, true
		case "arguments":
			a.args = parseArgs(value)
		case "flags":
			for _, flag := range value.Elems {
				switch flag.Str {
				case "optional":
					a.optional = true
				case "multiple":
					a.multiple = true
				case "multiple_token":
					a.multipleToken = true
				}
			}
		}
	}
	return a
}

// pairs ranges over a map, or over an array that stands for one.
func pairs(v command.Value) func(yield func(string, command.Value) bool) {
	return func(yield func(string, command.Value) bool) {
		if v.Kind != command.Map && v.Kind != command.Array {
			return
		}
		for i := 0; i+1 < len(v.Elems); i += 2 {
			if !yield(v.Elems[i].Str, v.Elems[i+1]) {
				return
			}
		}
	}
}

// find returns the command that the words begin with, the longest name first.
func (h *help) find(words []string) *commandDoc {
	var found *commandDoc
	for i := range h.commands {
		d := &h.commands[i]
		if len(d.words) <= len(words) && equalFold(d.words, words[:len(d.words)]) &&
			(found == nil || len(d.words) > len(found.words)) {
			found = d
		}
	}
	return found
}

func equalFold(a, b []string) bool { return slices.EqualFunc(a, b, strings.EqualFold) }
