package cases

import (
	"fmt"
	"slices"
	"strings"
)

func (st *step) chooseRecord(o Options) (recordChoice, bool) {
	i := slices.IndexFunc(st.records, func(c recordChoice) bool { return c.when.holds(o.Peer, o.Proto) })
	if i < 0 {
		return recordChoice{}, false
	}
	return st.records[i], true
}

func (p *play) checkEffects(st *step) (*mismatch, error) {
	choice, ok := st.chooseRecord(p.o)
	if p.recorder == nil || !ok {
		return nil, nil
	}
	effects, err := p.recorder.TakeEffects()
	if err != nil {
		return nil, err
	}
	if !choice.namesMulti() {
		effects = slices.DeleteFunc(effects, isFrame)
	}
	got := make([]string, len(effects))
	same := len(effects) == len(choice.lines)
	for i, e := range effects {
		got[i] = QuoteAll(e)
		same = same && choice.lines[i].matches(p.moment(), e)
	}
	return p.compareRecord("effects", same, choice, got)
}

// isFrame reports whether an effect only holds a block together.
func isFrame(effect []string) bool {
	name := effect[0]
	if strings.HasPrefix(name, "@") && len(effect) > 1 {
		name = effect[1]
	}
	return strings.EqualFold(name, "MULTI") || strings.EqualFold(name, "EXEC")
}

func (c recordChoice) namesMulti() bool {
	return slices.ContainsFunc(c.lines, func(l recordLine) bool { return strings.HasPrefix(l.source, "MULTI") })
}

func (p *play) checkEvents(st *step) (*mismatch, error) {
	choice, ok := st.chooseRecord(p.o)
	if p.recorder == nil || !ok {
		return nil, nil
	}
	got, err := p.recorder.TakeEvents()
	if err != nil {
		return nil, err
	}
	same := len(got) == len(choice.lines)
	for i := range got {
		if !same {
			break
		}
		want, err := expandAll(choice.lines[i].words, p.moment().env)
		same = err == nil && got[i] == strings.Join(want, " ")
	}
	return p.compareRecord("events", same, choice, got)
}

func (p *play) compareRecord(what string, same bool, choice recordChoice, got []string) (*mismatch, error) {
	if same {
		return nil, nil
	}
	var want []string
	for _, l := range choice.lines {
		want = append(want, l.source)
	}
	return &mismatch{detail: fmt.Sprintf("%s of %s\n  expected %s\n  got      %s", what,
		shorten(QuoteAll(p.lastArgs)), list(want), shorten(list(got)))}, nil
}

func list(lines []string) string {
	if len(lines) == 0 {
		return "none"
	}
	return strings.Join(lines, "\n           ")
}

// matches compares an effect with a line: the command's name in any case, "*" as
// any argument, time patterns as such.
func (l recordLine) matches(m moment, effect []string) bool {
	var name int // the command's place: after the database, if that is given
	at := 0
	for _, w := range l.words {
		if w.each == nil && len(w.one) == 1 && !w.one[0].expr && at < len(effect) {
			text := w.one[0].text
			if at == 0 && strings.HasPrefix(text, "@") {
				name = 1
			}
			if clock, ok := parseClock(text); ok && clock.matchText(m, effect[at]) ||
				text == "*" || at == name && strings.EqualFold(text, effect[at]) {
				at++
				continue
			}
		}
		want, err := expandAll([]argument{w}, m.env)
		if err != nil || len(effect) < at+len(want) || !slices.Equal(effect[at:at+len(want)], want) {
			return false
		}
		at += len(want)
	}
	return at == len(effect)
}
