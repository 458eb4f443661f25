package diff

import (
	"fmt"
	"strings"
)

// A Family is a set of commands that a stream is made of.
type Family struct {
	Name     string
	Commands []Command
}

// A Command is the syntax that random calls are made from: words, <placeholders>,
// [optional], (one | of | several), and {repeated} once to three times.
type Command struct {
	Syntax   string
	Weight   int    // 0 counts as 1
	Requires string // as in case scripts: both servers must promise it
}

// A node is a piece of syntax.
type node struct {
	kind  byte   // 'w'ord, '<' placeholder, '[', '(', '{', or 's'equence
	text  string // word or placeholder
	parts []node // of '(': one sequence per alternative
}

func parseSyntax(s string) (node, error) {
	for _, mark := range []string{"[", "]", "(", ")", "{", "}", "|"} {
		s = strings.ReplaceAll(s, mark, " "+mark+" ")
	}
	p := syntaxParser{words: strings.Fields(s)}
	n, err := p.sequence()
	if err == nil && p.at < len(p.words) {
		err = fmt.Errorf("unexpected %s in %q", p.words[p.at], s)
	}
	return n, err
}

type syntaxParser struct {
	words []string
	at    int
}

func (p *syntaxParser) sequence() (node, error) {
	seq := node{kind: 's'}
	for p.at < len(p.words) {
		word := p.words[p.at]
		switch {
		case strings.Contains("])}|", word):
			return seq, nil
		case strings.Contains("[({", word):
			p.at++
			n, err := p.group(word[0])
			if err != nil {
				return seq, err
			}
			seq.parts = append(seq.parts, n)
			continue
		case word[0] == '<':
			seq.parts = append(seq.parts, node{kind: '<', text: strings.Trim(word, "<>")})
		default:
			seq.parts = append(seq.parts, node{kind: 'w', text: word})
		}
		p.at++
	}
	return seq, nil
}

func (p *syntaxParser) group(open byte) (node, error) {
	n := node{kind: open}
	for {
		alternative, err := p.sequence()
		if err != nil {
			return n, err
		}
		n.parts = append(n.parts, alternative)
		if p.at >= len(p.words) {
			return n, fmt.Errorf("%c is not closed", open)
		}
		word := p.words[p.at]
		p.at++
		if word != "|" {
			return n, nil
		}
	}
}

// appendTo makes a call of a node.
func (n node) appendTo(args []string, g *generator) []string {
	switch n.kind {
	case 'w':
		return append(args, n.text)
	case '<':
		if one, n, before := g.many(n.text); one != nil {
			args = append(args, before...)
			for range n {
				args = append(args, one()...)
			}
			return args
		}
		if n.text == "elements" {
			for range 20 + g.below(200) {
				args = append(args, g.placeholder("element"))
			}
			return args
		}
		return append(args, g.placeholder(n.text))
	case 's':
		for _, part := range n.parts {
			args = part.appendTo(args, g)
		}
		return args
	case '[':
		if g.chance(50) {
			return args
		}
	case '{':
		for range g.below(3) {
			args = g.oneOf(n.parts).appendTo(args, g)
		}
	}
	return g.oneOf(n.parts).appendTo(args, g)
}

func (g *generator) oneOf(nodes []node) node { return nodes[g.below(len(nodes))] }
