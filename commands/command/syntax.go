package command

import "strings"

// COMMAND DOCS describes arguments as a tree. A Spec holds them as the text that a
// person reads, and the tree is derived from it, so that the two cannot differ:
//
//	word            a value, named by the word
//	WORD = ~ * $    a token, to be typed as it stands
//	[ ... ]         may be left out
//	< a | b >       one of several; [ a | b ] at most one
//	x [x ...]       one or more of x; also of several: score member [score member ...]
//	TOKEN x y       a token belongs to the values that follow it
//
// What is a key, the key specs say; the other types follow from the words, which are
// the same all over the documentation of the field.

// An Arg is an argument, or a group of them, in the tree.
type Arg struct {
	Name    string
	Type    ArgType
	Token   string // typed in front of the value; of a pure token all there is
	KeySpec int    // of a key, which of the command's specs finds it; else -1

	Optional      bool
	Multiple      bool // may be repeated
	MultipleToken bool // and its token with it

	Args []Arg // of a block in their order, of a oneof the choices
}

// ArgType is the type of an argument.
type ArgType string

// The types, as COMMAND DOCS names them.
const (
	ArgString    ArgType = "string"
	ArgInteger   ArgType = "integer"
	ArgDouble    ArgType = "double"
	ArgKey       ArgType = "key"
	ArgPattern   ArgType = "pattern"
	ArgUnixTime  ArgType = "unix-time"
	ArgPureToken ArgType = "pure-token"
	ArgOneOf     ArgType = "oneof"
	ArgBlock     ArgType = "block"
)

// Arguments returns the arguments that Syntax describes.
func (s *Spec) Arguments() []Arg {
	p := syntaxParser{words: splitSyntax(s.Syntax)}
	args := bindTokens(p.sequence())
	t := typer{spec: s, pos: 1}
	if s.parent != nil {
		t.pos = 2
	}
	t.walk(args, "")
	return args
}

// splitSyntax cuts a syntax into words, brackets being words of their own.
func splitSyntax(text string) []string {
	for _, b := range [...]string{"[", "]", "<", ">", "|"} {
		text = strings.ReplaceAll(text, b, " "+b+" ")
	}
	return strings.Fields(text)
}

// A syntaxParser reads the words front to back.
type syntaxParser struct {
	words []string
	at    int
	open  int  // where the content of the present brackets begins
	again bool // the present brackets' content may be repeated as a whole
}

// A parsed item still has its tokens beside the values that they belong to.
type parsed struct {
	Arg
	text string // to find what a repetition repeats
}

func (p *syntaxParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

// sequence reads items up to a closing bracket, a bar or the end.
func (p *syntaxParser) sequence() []parsed {
	var list []parsed
	for {
		from := p.at
		switch w := p.peek(); w {
		case "", "]", ">", "|":
			return list
		case "[":
			if n, ok := p.repetition(list); ok {
				if n > 0 {
					list = repeat(list, n)
				}
				continue
			}
			list = append(list, p.group(true, from))
		case "<":
			list = append(list, p.group(false, from))
		default:
			p.at++
			list = append(list, parsed{wordArg(w), w})
		}
	}
}

func wordArg(w string) Arg {
	switch {
	case w == `""`:
		return Arg{Name: "empty-string", Type: ArgPureToken, Token: w, KeySpec: -1}
	case isToken(w):
		return Arg{Name: strings.ToLower(w), Type: ArgPureToken, Token: w, KeySpec: -1}
	}
	return Arg{Name: w, KeySpec: -1}
}

// isToken reports whether a word is to be typed as it stands: it has capitals only,
// or no letters at all.
func isToken(w string) bool { return w == strings.ToUpper(w) }

// repetition takes a bracket that says that the last n items may be repeated, or,
// with n 0, all that stands in the brackets around it.
func (p *syntaxParser) repetition(before []parsed) (n int, ok bool) {
	end, depth := p.at, 0
	for ; end < len(p.words); end++ {
		if w := p.words[end]; w == "[" || w == "<" {
			depth++
		} else if w == "]" || w == ">" {
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if end >= len(p.words) || p.words[end-1] != "..." {
		return 0, false
	}
	what := strings.Join(p.words[p.at+1:end-1], " ")
	if what == "" && len(before) > 0 {
		p.at = end + 1
		return 1, true
	}
	if p.open > 0 && what == strings.Join(p.words[p.open:p.at], " ") && strings.Contains(what, "|") {
		p.at, p.again = end+1, true
		return 0, true
	}
	for n = 1; n <= len(before); n++ {
		if joinText(before[len(before)-n:]) == what {
			p.at = end + 1
			return n, true
		}
	}
	return 0, false
}

func joinText(list []parsed) string {
	words := make([]string, len(list))
	for i := range list {
		words[i] = list[i].text
	}
	return strings.Join(words, " ")
}

// repeat makes the last n items one that may be repeated.
func repeat(list []parsed, n int) []parsed {
	k := len(list) - n
	hasToken := n > 1 && list[k].Type == ArgPureToken
	text := joinText(list[k:])
	one := inOne(bindTokens(list[k:]))
	one.Multiple, one.MultipleToken = true, hasToken
	return append(list[:k], parsed{one, text})
}

// group reads what stands in brackets.
func (p *syntaxParser) group(optional bool, from int) parsed {
	p.at++
	outerOpen, outerAgain := p.open, p.again
	p.open, p.again = p.at, false
	var choices []Arg
	for {
		choices = append(choices, inOne(bindTokens(p.sequence())))
		w := p.peek()
		p.at++
		if w != "|" {
			break
		}
	}
	var a Arg
	if len(choices) == 1 {
		a = choices[0]
		a.dropEllipsis()
	} else {
		a = Arg{Type: ArgOneOf, KeySpec: -1, Args: choices, Name: choiceName(choices)}
	}
	a.Multiple = a.Multiple || p.again
	p.open, p.again = outerOpen, outerAgain
	a.Optional = a.Optional || optional
	return parsed{a, strings.Join(p.words[from:min(p.at, len(p.words))], " ")}
}

// dropEllipsis makes [x ...], where no x stands before, a repeatable x.
func (a *Arg) dropEllipsis() {
	n := len(a.Args)
	if a.Type != ArgBlock || n == 0 || a.Args[n-1].Token != "..." {
		return
	}
	args := a.Args[:n-1]
	*a = inOne(args)
	a.Multiple = true
}

// inOne makes a sequence one argument.
func inOne(list []Arg) Arg {
	if len(list) == 1 {
		return list[0]
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Name
	}
	return Arg{Name: strings.Join(names, "-"), Type: ArgBlock, KeySpec: -1, Args: list}
}

// bindTokens gives tokens the values that follow them.
func bindTokens(list []parsed) []Arg {
	var out []Arg
	for i := 0; i < len(list); i++ {
		a := list[i].Arg
		if a.Type != ArgPureToken || a.Optional || a.Token == "..." {
			out = append(out, a)
			continue
		}
		end := i + 1
		for end < len(list) && list[end].belongsToToken() {
			end++
		}
		if end == i+1 {
			out = append(out, a)
			continue
		}
		var values []Arg
		for _, v := range list[i+1 : end] {
			values = append(values, v.Arg)
		}
		out = append(out, withToken(a, values))
		i = end - 1
	}
	return out
}

// belongsToToken reports whether a token may stand before the item as its name: a
// value, or a choice that has to be made.
func (p *parsed) belongsToToken() bool {
	switch {
	case p.Type == ArgPureToken || p.Token != "":
		return false
	case p.Optional:
		return p.Type != ArgOneOf && p.Type != ArgBlock || p.Multiple
	}
	return true
}

func withToken(token Arg, values []Arg) Arg {
	if len(values) == 1 && values[0].Token == "" && !values[0].Optional {
		a := values[0]
		a.Token = token.Token
		if a.Type == ArgOneOf {
			a.Name = token.Name
		}
		return a
	}
	return Arg{Name: token.Name, Type: ArgBlock, Token: token.Token, KeySpec: -1, Args: values}
}

// choiceName names a choice by what its first alternative is known for.
func choiceName(choices []Arg) string {
	switch first := choices[0]; first.Token {
	case "NX", "XX", "FNX", "FXX", "IFEQ":
		return "condition"
	case "GT", "LT":
		return "comparison"
	case "EX", "PX":
		return "expiration"
	case "ASC", "DESC":
		return "order"
	case "M", "BYTE", "BIT":
		return "unit"
	case "LEFT", "RIGHT", "BEFORE", "AFTER":
		return "where"
	case "=", "~":
		return "operator"
	case "MAXLEN":
		return "strategy"
	}
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Name
	}
	return strings.Join(names, "-or-")
}
