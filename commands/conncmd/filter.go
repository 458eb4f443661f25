package conncmd

import (
	"math"
	"slices"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// A filter chooses sessions for CLIENT LIST and CLIENT KILL. All of its tests must
// hold. Of an option that is given twice the last counts, but for ID and NOT-ID,
// which add up.
//
// The language is Valkey's, of which Redis 8.0 knows a part; so are the errors, but
// for those of CLIENT KILL with an ID, which Redis has too and words otherwise.
type filter struct {
	c      *command.Context
	kill   bool
	ids    []uint64
	notIDs []uint64
	skipMe bool
	tests  map[string]test // by option
}

type test func(*command.Session) bool

func newFilter(c *command.Context, kill bool) *filter {
	return &filter{c: c, kill: kill, skipMe: kill, tests: map[string]test{}}
}

// parse takes the options, all that is left of the arguments.
func (f *filter) parse() error {
	a := &f.c.Args
	for a.More() {
		option := strings.ToUpper(string(a.Bytes()))
		if !a.More() {
			return command.ErrSyntax
		}
		base, not := strings.CutPrefix(option, "NOT-")
		if err := f.option(option, base, not); err != nil {
			return err
		}
	}
	return a.Err()
}

func (f *filter) option(option, base string, not bool) (err error) {
	var t test
	a := &f.c.Args
	switch base {
	case "ID":
		if not {
			f.notIDs, err = f.takeIDs(f.notIDs, true)
		} else {
			f.ids, err = f.takeIDs(f.ids, false)
		}
		return err
	case "TYPE":
		t, err = typeTest(a.Bytes())
	case "USER":
		t, err = f.userTest(string(a.Bytes()))
	case "ADDR":
		t = textTest(a.Bytes(), func(s *command.Session) string { return s.Peer.Addr() })
	case "LADDR":
		t = textTest(a.Bytes(), func(s *command.Session) string { return s.Peer.LocalAddr() })
	case "IP":
		t = textTest(a.Bytes(), func(s *command.Session) string { return host(s.Peer.Addr()) })
	case "NAME":
		t = textTest(a.Bytes(), (*command.Session).Name)
	case "LIB-NAME":
		t = textTest(a.Bytes(), func(s *command.Session) string { name, _ := s.Lib(); return name })
	case "LIB-VER":
		t = textTest(a.Bytes(), func(s *command.Session) string { _, version := s.Lib(); return version })
	case "DB":
		t, err = f.dbTest(option)
	case "FLAGS":
		t, err = flagsTest(string(a.Bytes()), not)
	case "CAPA":
		t, err = capaTest(string(a.Bytes()), not)
	default:
		if not {
			return command.ErrSyntax
		}
		return f.plainOption(base)
	}
	if not {
		is := t
		t = func(s *command.Session) bool { return !is(s) }
	}
	f.tests[option] = t
	return err
}

// plainOption takes an option that has no negation.
func (f *filter) plainOption(option string) error {
	now := f.c.Tx.NowMs()
	switch option {
	case "SKIPME":
		f.skipMe = f.c.Args.Word("YES")
		if !f.skipMe && !f.c.Args.Word("NO") {
			return command.ErrSyntax
		}
		return nil
	case "MAXAGE":
		n, err := f.positive("maxage")
		f.tests[option] = func(s *command.Session) bool { return seconds(now-s.CreatedMs) >= n }
		return err
	case "IDLE":
		n, err := f.positive("idle")
		f.tests[option] = func(s *command.Session) bool { return seconds(now-s.LastMs()) >= n }
		return err
	}
	return command.ErrSyntax
}

func (f *filter) positive(what string) (int64, error) {
	n := f.c.Args.IntOr(command.Errorf("%s is not an integer or out of range", what))
	if err := f.c.Args.Err(); err != nil {
		return 0, err
	}
	if n <= 0 {
		return 0, command.Errorf("%s should be greater than 0", what)
	}
	return n, nil
}

// takeIDs takes as many numbers as there are, at least one.
func (f *filter) takeIDs(ids []uint64, not bool) ([]uint64, error) {
	for first := true; f.c.Args.More(); first = false {
		n, ok := datatypes.ParseInt(f.c.Args.Peek())
		if !ok && !first {
			break
		}
		if !ok && (!f.kill || not) {
			return nil, command.ErrSyntax
		}
		if n <= 0 {
			return nil, command.Errorf("client-id should be greater than 0")
		}
		ids = append(ids, uint64(n))
		f.c.Args.Bytes()
	}
	return ids, nil
}

func textTest(want []byte, of func(*command.Session) string) test {
	w := string(want)
	return func(s *command.Session) bool {
		have := of(s)
		return have != "" && have == w
	}
}

// host is the address without the port.
func host(addr string) string {
	at := strings.LastIndexByte(addr, ':')
	if at < 0 {
		return addr
	}
	return strings.Trim(addr[:at], "[]")
}

func typeTest(name []byte) (test, error) {
	switch strings.ToLower(string(name)) {
	case "normal":
		return func(s *command.Session) bool { return !s.Flag(command.Subscribed | command.Follows) }, nil
	case "pubsub":
		return marked(command.Subscribed), nil
	case "replica", "slave":
		return marked(command.Follows), nil
	case "master", "primary":
		return func(*command.Session) bool { return false }, nil // the server follows nobody
	}
	return nil, command.Errorf("Unknown client type '%s'", name)
}

func (f *filter) userTest(name string) (test, error) {
	if !f.c.Services.Users.Known(name) {
		return nil, command.Errorf("No such user '%s'", name)
	}
	return func(s *command.Session) bool { return s.User() == name }, nil
}

func (f *filter) dbTest(option string) (test, error) {
	bad := command.Errorf("%s is not an integer or out of range", option)
	n := f.c.Args.IntIn(math.MinInt32, math.MaxInt32, bad)
	if err := f.c.Args.Err(); err != nil {
		return nil, err
	}
	if last := int64(f.c.Services.Store.Databases()) - 1; n < 0 || n > last {
		return nil, command.Errorf("%s number should be between 0 and %d", option, last)
	}
	return func(s *command.Session) bool { return s.DB() == int(n) }, nil
}

// filterName is how errors call the filter of an option that has a negation.
func filterName(option string, not bool) string {
	if not {
		return "NOT-" + option
	}
	return "provided"
}

// flagsTest wants all of the flags.
func flagsTest(letters string, not bool) (test, error) {
	for i := range len(letters) {
		if letters[i] != 'N' && !slices.ContainsFunc(flagLetters[:], func(f flagLetter) bool { return f.letter == letters[i] }) {
			return nil, command.Errorf("Unknown flags found in the %s filter: %s", filterName("FLAGS", not), letters)
		}
	}
	return func(s *command.Session) bool {
		have := string(appendFlags(nil, s))
		for i := range len(letters) {
			if strings.IndexByte(have, letters[i]) < 0 {
				return false
			}
		}
		return true
	}, nil
}

// capaTest wants all of the capabilities; r is for redirect, the only one.
func capaTest(letters string, not bool) (test, error) {
	if strings.Trim(letters, "r") != "" {
		return nil, command.Errorf("Unknown capa found in the %s filter: %s", filterName("CAPA", not), letters)
	}
	return func(s *command.Session) bool { return letters == "" || s.Flag(command.Redirects) }, nil
}

// sessions returns those that the filter chooses: in the order of the IDs it names,
// else of their numbers.
func (f *filter) sessions() (list []*command.Session) {
	clients := f.c.Services.Clients
	if f.ids == nil {
		list = clients.All()
	}
	for _, id := range f.ids {
		if s := clients.Get(id); s != nil {
			list = append(list, s)
		}
	}
	return slices.DeleteFunc(list, func(s *command.Session) bool { return !f.chooses(s) })
}

func (f *filter) chooses(s *command.Session) bool {
	if s.Flag(command.Killed) || f.skipMe && s == f.c.Session || slices.Contains(f.notIDs, s.ID) {
		return false
	}
	for _, t := range f.tests {
		if !t(s) {
			return false
		}
	}
	return true
}
