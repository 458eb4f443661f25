package cli

import (
	"strconv"
	"strings"
)

// syntax is the usual notation of an argument: [NX|XX], key [key ...].
func (a *argDoc) syntax() string {
	s := a.once(true)
	if a.multiple {
		s = join(s, a.again())
	}
	if a.optional {
		s = "[" + s + "]"
	}
	return s
}

// once is one occurrence; withToken as the first has it.
func (a *argDoc) once(withToken bool) string {
	if !withToken {
		return a.value()
	}
	return join(a.shownToken(), a.value())
}

// again says that a multiple argument may go on.
func (a *argDoc) again() string { return "[" + a.once(a.multipleToken) + " ...]" }

func (a *argDoc) shownToken() string {
	if a.hasToken && a.token == "" {
		return `""`
	}
	return a.token
}

func (a *argDoc) value() string {
	switch a.kind {
	case "pure-token":
		return ""
	case "oneof":
		var s []string
		for i := range a.args {
			s = append(s, a.args[i].syntax())
		}
		return strings.Join(s, "|")
	case "block":
		return syntax(a.args)
	}
	return a.display
}

func syntax(args []argDoc) string {
	s := ""
	for i := range args {
		s = join(s, args[i].syntax())
	}
	return s
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// hint returns the syntax of what may follow the words of a command line; "" if
// nothing may, or if they do not fit the command.
func (h *help) hint(words []string) string {
	d := h.find(words)
	if d == nil {
		return ""
	}
	words = words[len(d.words):]
	n, rest, ok := matchAll(d.args, words)
	if !ok || n < len(words) {
		return ""
	}
	return rest
}

// The match functions take words from the front of the list: they report how many
// fit, and the syntax of what may follow them, which holds only if no word is
// left. It fails when a word is left that does not fit where one must.

// matchAll matches arguments in order; neighbouring optional ones in any order.
func matchAll(args []argDoc, words []string) (n int, rest string, ok bool) {
	for len(args) > 0 && n < len(words) {
		k, run := 0, 1
		if args[0].optional {
			run = optionalRun(args)
			k, rest = matchOptional(args[:run], words[n:])
		} else if k, rest, ok = args[0].match(words[n:]); !ok {
			return 0, "", false
		}
		n += k
		args = args[run:]
	}
	if n < len(words) {
		return n, "", true
	}
	return n, join(rest, syntax(args)), true
}

func optionalRun(args []argDoc) int {
	n := 0
	for n < len(args) && args[n].optional {
		n++
	}
	return n
}

// matchOptional matches any of the arguments, each once. What is left of the last
// matched one comes first in rest, then those not used.
func matchOptional(args []argDoc, words []string) (n int, rest string) {
	used := make([]bool, len(args))
	for i := 0; i < len(args) && n < len(words); i++ {
		if used[i] {
			continue
		}
		if k, r, ok := args[i].match(words[n:]); ok && k > 0 {
			n, rest, used[i] = n+k, r, true
			i = -1 // from the start again, with the next word
		}
	}
	for i := range args {
		if !used[i] {
			rest = join(rest, args[i].syntax())
		}
	}
	return n, rest
}

// match matches an argument, as often as it may occur. There is at least one word.
func (a *argDoc) match(words []string) (n int, rest string, ok bool) {
	n, rest, ok = a.matchOnce(words, true)
	if !ok || !a.multiple {
		return n, rest, ok
	}
	for n < len(words) {
		k, r, ok := a.matchOnce(words[n:], a.multipleToken)
		if !ok || k == 0 {
			break
		}
		n, rest = n+k, r
	}
	return n, join(rest, a.again()), true
}

func (a *argDoc) matchOnce(words []string, withToken bool) (n int, rest string, ok bool) {
	if a.hasToken && withToken {
		if !strings.EqualFold(words[0], a.token) {
			return 0, "", false
		}
		if a.kind == "pure-token" {
			return 1, "", true
		}
		n = 1
		if n == len(words) {
			return n, a.value(), true
		}
	}
	k, rest, ok := a.matchValue(words[n:])
	return n + k, rest, ok
}

func (a *argDoc) matchValue(words []string) (n int, rest string, ok bool) {
	switch a.kind {
	case "oneof":
		for i := range a.args {
			if n, rest, ok = a.args[i].match(words); ok {
				return n, rest, ok
			}
		}
		return 0, "", false
	case "block":
		return matchAll(a.args, words)
	case "integer", "unix-time":
		_, err := strconv.ParseInt(words[0], 10, 64)
		return 1, "", err == nil
	case "double":
		_, err := strconv.ParseFloat(words[0], 64)
		return 1, "", err == nil
	case "pure-token":
		return 0, "", false
	}
	return 1, "", true
}
