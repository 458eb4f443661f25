package cases

import (
	"fmt"
	"strconv"
	"strings"
)

// A Peer says which server is being tested: a product such as medley, redis or
// valkey, and its version. An empty product is a server nobody here knows.
type Peer struct {
	Product string `json:"product"`
	Version string `json:"version"`
}

func (p Peer) String() string { return strings.TrimSpace(p.Product + " " + p.Version) }

// A condition is one of several alternatives, each a list of terms that must hold.
type condition [][]term

type term struct {
	product string // or resp2, resp3
	op      string // "" for any version
	version string
}

func parseCondition(text string) (condition, error) {
	var c condition
	for alternative := range strings.SplitSeq(text, "|") {
		var terms []term
		for s := range strings.SplitSeq(alternative, ",") {
			t, err := parseTerm(strings.TrimSpace(s))
			if err != nil {
				return nil, err
			}
			terms = append(terms, t)
		}
		c = append(c, terms)
	}
	return c, nil
}

func parseTerm(s string) (term, error) {
	t := term{product: s}
	if i := strings.IndexAny(s, "<>="); i >= 0 {
		t.product, t.op = s[:i], s[i:i+1]
		if strings.HasPrefix(s[i+1:], "=") {
			t.op = s[i : i+2]
		}
		t.version = s[i+len(t.op):]
		if _, err := strconv.Atoi(strings.ReplaceAll(t.version, ".", "")); err != nil {
			return t, fmt.Errorf("bad version in %q", s)
		}
	}
	switch t.product {
	case "medley", "redis", "valkey", "resp2", "resp3":
		return t, nil
	}
	return t, fmt.Errorf("unknown condition %q", s)
}

// holds reports whether the condition is true; an empty one always is.
func (c condition) holds(p Peer, proto int) bool {
	for _, terms := range c {
		all := true
		for _, t := range terms {
			all = all && t.holds(p, proto)
		}
		if all {
			return true
		}
	}
	return len(c) == 0
}

func (t term) holds(p Peer, proto int) bool {
	switch t.product {
	case "resp2":
		return proto == 2
	case "resp3":
		return proto == 3
	case p.Product:
		return t.allows(p.Version)
	}
	return false
}

func (t term) allows(version string) bool {
	order := compareVersions(version, t.version)
	switch t.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "=":
		return order == 0
	}
	return true
}

// compareVersions compares dotted numbers as far as the shorter one goes, so that
// 8.0.6 counts as 8.0.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x - y
		}
	}
	return 0
}

// Promises reports whether a peer is expected to have what these alternatives
// name, written as after "requires:".
func Promises(requires string, p Peer) (bool, error) {
	alternatives, err := parseRequires(requires)
	return promises(alternatives, p), err
}

func parseRequires(text string) ([]term, error) {
	var alternatives []term
	for word := range strings.FieldsSeq(text) {
		t, err := parseTerm(word)
		if err != nil {
			return nil, err
		}
		alternatives = append(alternatives, t)
	}
	return alternatives, nil
}

// promises reports whether a peer is expected to pass a case with these
// alternatives after "requires:". Redis and Valkey promise what is named;
// Medley promises everything. Of an unknown server everything is asked, except
// what is Medley's own.
func promises(alternatives []term, p Peer) bool {
	if len(alternatives) == 0 || p.Product == "medley" {
		return true
	}
	medleyOnly := true
	for _, t := range alternatives {
		if t.product == p.Product && t.allows(p.Version) {
			return true
		}
		medleyOnly = medleyOnly && t.product == "medley"
	}
	known := p.Product == "redis" || p.Product == "valkey"
	return !known && !medleyOnly
}
