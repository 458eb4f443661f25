package cli

import (
	"strings"
)

// complete returns what may stand before the cursor instead of text, its part
// before the cursor: command names, after "help " group names too, and behind a
// command the tokens that may come next.
func (h *help) complete(text string) []string {
	if len(text) >= 5 && strings.EqualFold(text[:5], "help ") {
		topic := strings.TrimLeft(text[5:], " ")
		head := text[:len(text)-len(topic)]
		return h.topics(head, topic, true)
	}
	if names := h.topics("", text, false); len(names) > 0 {
		return names
	}
	return h.tokens(text)
}

func (h *help) topics(head, prefix string, groups bool) (list []string) {
	for i := range h.commands {
		if name := h.commands[i].name(); hasPrefixFold(name, prefix) {
			list = append(list, head+name)
		}
	}
	if groups {
		for _, g := range h.groups {
			if hasPrefixFold("@"+g, prefix) {
				list = append(list, head+"@"+g)
			}
		}
	}
	return list
}

// tokens completes the last word to the tokens of the syntax that may follow the
// words before it.
func (h *help) tokens(text string) (list []string) {
	at := strings.LastIndexAny(text, " \t") + 1
	if at == 0 || at == len(text) {
		return nil
	}
	words, ok := splitArgs(text[:at])
	if !ok {
		return nil
	}
	rest := strings.FieldsFunc(h.hint(words), func(r rune) bool { return strings.ContainsRune(" []|", r) })
	seen := make(map[string]bool)
	for _, word := range rest {
		if word == strings.ToUpper(word) && hasPrefixFold(word, text[at:]) && !seen[word] {
			seen[word] = true
			list = append(list, text[:at]+word)
		}
	}
	return list
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// hintFor returns what may follow text, the part of the line before the cursor.
// A word counts once a space or the cursor ends it.
func (h *help) hintFor(text string) string {
	words, ok := splitArgs(text)
	if !ok || len(words) == 0 {
		return ""
	}
	return h.hint(words)
}
