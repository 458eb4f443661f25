package command

import "github.com/medleydb/medley/datatypes"

// A KeySpec says where keys stand among the arguments, and what happens to them.
type KeySpec struct {
	Flags KeyFlags

	// Where the search begins: at argument Begin (the name is argument 0) or,
	// with Keyword, behind the first argument that equals it (the last, where a single
	// key follows), looked for from argument Begin, backwards from the end when Begin is
	// negative.
	Begin   int
	Keyword string

	// What is found: a range from the beginning to Last (relative to it;
	// negative: counted from the last argument) in steps of Step, the divisor
	// Limit of what is left applied where Last is -1;
	// or, with NumKeys, as many keys as the argument NumIndex behind the
	// beginning says, from First behind it.
	Last, Step, Limit int
	NumKeys           bool
	NumIndex, First   int
}

// KeyFlags say what a command does with a key.
type KeyFlags uint16

// The flags.
const (
	RO KeyFlags = 1 << iota
	RW
	OW
	RM
	Access
	Update
	Insert
	Delete
	NotKey
	Incomplete
	VariableFlags
)

var keyFlagNames = [...]string{"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"}

// Names returns the flags' names.
func (f KeyFlags) Names() []string {
	var names []string
	for i, n := range keyFlagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// Key is the spec of a single key at argument i.
func Key(i int, f KeyFlags) KeySpec { return KeySpec{Flags: f, Begin: i, Step: 1} }

// KeyRange is the spec of keys from argument i to the last one, relative to i or,
// negative, from the end, in steps.
func KeyRange(i, last, step int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Begin: i, Last: last, Step: step}
}

// KeyNum is the spec of keys counted by argument i: they start first arguments
// behind it and stand step apart.
func KeyNum(i, first, step int, f KeyFlags) KeySpec {
	return KeySpec{Flags: f, Begin: i, NumKeys: true, First: first, Step: step}
}

func (k *KeySpec) isSingle() bool {
	return k.Keyword == "" && !k.NumKeys && k.Last == 0 && k.Flags&(NotKey|Incomplete) == 0
}

// IsRange reports whether the keys stand at fixed positions.
func (k *KeySpec) IsRange() bool { return k.Keyword == "" && !k.NumKeys && k.Begin != 0 }

// EachKey calls fn with the keys among the arguments. Where the arguments are
// malformed there are none.
func (s *Spec) EachKey(argv [][]byte, fn func(key []byte, f KeyFlags)) {
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Flags&NotKey != 0 {
			continue
		}
		k.each(argv, func(at int) { fn(argv[at], k.Flags) })
	}
	if at, f := s.search(argv); at > 0 {
		fn(argv[at], f)
	}
}

// EachKeyIndex calls fn with the positions of the keys among the arguments.
func (s *Spec) EachKeyIndex(argv [][]byte, fn func(at int, f KeyFlags)) {
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Flags&NotKey == 0 {
			k.each(argv, func(at int) { fn(at, k.Flags) })
		}
	}
	if at, f := s.search(argv); at > 0 {
		fn(at, f)
	}
}

// search returns the position of the key that only Search finds, 0 for none.
func (s *Spec) search(argv [][]byte) (at int, f KeyFlags) {
	if s.Search == nil {
		return 0, 0
	}
	at, _ = s.Search(argv)
	return at, s.Keys[len(s.Keys)-1].Flags
}

func (k *KeySpec) each(argv [][]byte, fn func(at int)) {
	begin := k.begin(argv)
	if begin <= 0 || begin >= len(argv) {
		return
	}
	step := max(k.Step, 1)
	if k.NumKeys {
		if begin+k.NumIndex >= len(argv) {
			return
		}
		n, ok := datatypes.ParseInt(argv[begin+k.NumIndex])
		if !ok || n < 0 || n > int64(len(argv)) {
			return
		}
		for at := begin + k.First; n > 0 && at < len(argv); at, n = at+step, n-1 {
			fn(at)
		}
		return
	}
	last := begin + k.Last
	if k.Last < 0 {
		last = len(argv) + k.Last
		if k.Limit > 1 {
			last = begin + (len(argv)-begin)/k.Limit - 1
		}
	}
	for at := begin; at <= last && at < len(argv); at += step {
		fn(at)
	}
}

func (k *KeySpec) begin(argv [][]byte) int {
	if k.Keyword == "" {
		return k.Begin
	}
	if k.Begin < 0 {
		for i := len(argv) + k.Begin; i > 0; i-- {
			if EqualFold(argv[i], k.Keyword) {
				return i + 1
			}
		}
		return 0
	}
	at := 0
	for i := k.Begin; i < len(argv); i++ {
		if !EqualFold(argv[i], k.Keyword) {
			continue
		}
		if k.Last != 0 {
			return i + 1
		}
		if i+1 < len(argv) { // of an option with one key the last one counts
			i++
			at = i
		}
	}
	return at
}

// EqualFold reports whether the argument is the word, whatever the case of its
// ASCII letters.
func EqualFold(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i, c := range arg {
		w := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if 'A' <= w && w <= 'Z' {
			w += 'a' - 'A'
		}
		if c != w {
			return false
		}
	}
	return true
}
