package command

import "strings"

// A typer gives the arguments of a command their types: it walks the tree and counts
// the position in argv as long as it is certain.
type typer struct {
	spec *Spec
	pos  int // of the next argument; 0 once it is not known
	keys int // specs that have found an argument, for those that stand nowhere fixed
	num  int // spec whose number of keys was the last argument, plus one
}

// walk types a sequence that stands behind a token.
func (t *typer) walk(args []Arg, token string) {
	for i := range args {
		a := &args[i]
		own := token
		if a.Token != "" {
			own = a.Token
			t.advance()
		}
		token = ""
		switch a.Type {
		case ArgPureToken:
		case ArgOneOf:
			t.choice(a, own)
		case ArgBlock:
			t.walk(a.Args, own)
		default:
			t.value(a, own)
			t.advance()
		}
		if a.Optional || a.Multiple {
			t.pos = 0
		}
	}
}

func (t *typer) advance() {
	if t.pos > 0 {
		t.pos++
	}
}

// choice types alternatives; where they differ in length, what follows has no fixed
// position.
func (t *typer) choice(a *Arg, token string) {
	from, end := t.pos, -1
	for i := range a.Args {
		t.pos = from
		t.walk(a.Args[i:i+1], token)
		if end >= 0 && t.pos != end {
			end = 0
		} else {
			end = t.pos
		}
	}
	t.pos = end
}

func (t *typer) value(a *Arg, token string) {
	counts := t.counts(a.Name)
	if k := t.keySpec(a.Name, token); k >= 0 && counts == 0 {
		a.Type, a.KeySpec = ArgKey, k
		t.keys = max(t.keys, k+1)
	} else {
		a.Type = t.spec.valueType(a.Name)
	}
	t.num = counts
}

// counts returns the spec that takes its number of keys from this argument, plus
// one, or 0.
func (t *typer) counts(name string) int {
	for i := range t.spec.Keys {
		if k := &t.spec.Keys[i]; k.NumKeys && name == "numkeys" && i+1 > t.keys {
			return i + 1
		}
	}
	return 0
}

// keySpec returns the spec that finds the argument: by its position, by the token
// before it, behind the number of keys, or by its name, where the position is not
// fixed; -1 for none.
func (t *typer) keySpec(name, token string) int {
	if t.num > 0 {
		return t.num - 1
	}
	for i := range t.spec.Keys {
		k := &t.spec.Keys[i]
		switch {
		case k.Flags&NotKey != 0, k.NumKeys:
		case k.Keyword != "":
			if k.Keyword == token {
				return i
			}
		case k.covers(t.pos):
			return i
		}
	}
	if t.pos > 0 || !isKeyName(name) {
		return -1
	}
	for i := t.keys; i < len(t.spec.Keys); i++ {
		if k := &t.spec.Keys[i]; k.Flags&NotKey == 0 && k.Keyword == "" && !k.NumKeys {
			return i
		}
	}
	return -1
}

// covers reports whether the spec of a range finds the argument at the position.
func (k *KeySpec) covers(pos int) bool {
	if k.Begin <= 0 || pos < k.Begin || k.Flags&Incomplete != 0 && pos != k.Begin {
		return false
	}
	if k.Last >= 0 && pos > k.Begin+k.Last {
		return false
	}
	return (pos-k.Begin)%max(k.Step, 1) == 0
}

func isKeyName(name string) bool {
	switch name {
	case "key", "source", "destination", "destkey", "sourcekey", "newkey":
		return true
	}
	return false
}

// valueType returns the type of a value that is no key, by its name.
func (s *Spec) valueType(name string) ArgType {
	switch name {
	case "pattern":
		return ArgPattern
	case "longitude", "latitude", "radius", "width", "height", "score":
		return ArgDouble
	case "timeout":
		if s.Flags&Blocking != 0 && s.Group != GroupGeneric {
			return ArgDouble
		}
		return ArgInteger
	case "increment":
		if strings.Contains(s.Name, "float") {
			return ArgDouble
		}
		return ArgInteger
	case "min", "max":
		if s.Group == GroupSortedSet && (strings.Contains(s.Name, "score") || s.Name == "zcount") {
			return ArgDouble
		}
		return ArgString
	case "start", "stop", "end":
		if s.Group == GroupStream || strings.HasPrefix(s.Name, "zrange") && !strings.Contains(s.Name, "by") {
			return ArgString
		}
		return ArgInteger
	case "value":
		if s.Group == GroupBitmap {
			return ArgInteger
		}
		return ArgString
	}
	switch {
	case strings.HasPrefix(name, "unix-time"):
		return ArgUnixTime
	case isIntegerName(name):
		return ArgInteger
	}
	return ArgString
}

// isIntegerName reports whether values of the name are integers wherever they occur.
func isIntegerName(name string) bool {
	switch name {
	case "bit", "client-id", "count", "cursor", "db", "decrement", "destination-db", "end-slot",
		"entries-added", "entries-read", "frequency", "index", "index1", "index2", "len", "length", "limit", "maxage",
		"milliseconds", "min-idle-time", "min-match-len", "ms", "numfields", "numkeys", "numids", "numlocal",
		"num-matches", "numreplicas", "num-vertices", "offset", "port", "protover", "rank", "seconds", "slot",
		"start-slot", "ttl", "version", "weight", "bits", "bytes", "config-epoch", "cluster-bus-port":
		return true
	}
	return false
}
