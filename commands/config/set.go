package config

import (
	"errors"
	"slices"
	"strings"
)

// ErrLoading reports a Set of a directive that cannot change while the data set is loading.
var ErrLoading = errors.New("config: refused while the data set is loading")

// SetError is a refused Set. Error returns the text of Redis's reply, without the code ERR.
type SetError struct {
	// Name is the directive to blame: as the client spelled it where the refusal needed no
	// look at the value, else in lower case.
	Name string
	// Unknown is set if there is no such directive.
	Unknown bool
	// Err says what is wrong, unless Unknown.
	Err error
}

func (e *SetError) Error() string {
	if e.Unknown {
		return "Unknown option or number of arguments for CONFIG SET - '" + e.Name + "'"
	}
	return "CONFIG SET failed (possibly related to argument '" + e.Name + "') - " + e.Err.Error()
}

func (e *SetError) Unwrap() error { return e.Err }

// Reasons that a SetError wraps.
var (
	ErrImmutable = errors.New("can't set immutable config")
	ErrProtected = errors.New("can't set protected config")
	ErrDuplicate = errors.New("duplicate parameter")
)

// Caller is what Set must know about who asks.
type Caller struct {
	Local   bool // the connection comes from this machine
	Loading bool // the data set is being loaded
}

// change is a checked but not yet stored new value.
type change struct {
	d        *directive
	name     string // as given, in lower case
	old, now any
}

// Set changes all of the pairs or none of them; see the package comment for the order of events.
// Its error is a *SetError or ErrLoading.
func (c *Config) Set(by Caller, pairs ...Pair) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	rows, err := c.admit(by, pairs)
	if err != nil {
		return err
	}
	changes, err := check(rows, pairs)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		ch.d.kind.store(ch.now)
	}
	return c.runHooks(changes)
}

// admit finds the rows of the pairs and checks what does not need the values. As in Redis the first
// refusal counts, except that ErrLoading outranks the others.
func (c *Config) admit(by Caller, pairs []Pair) ([]*directive, error) {
	var rows []*directive
	var names []string
	for _, p := range pairs {
		name := strings.ToLower(p.Name)
		d := c.byName[name]
		switch {
		case d == nil:
			return nil, &SetError{Name: p.Name, Unknown: true}
		case d.flags&immutable != 0:
			return nil, &SetError{Name: p.Name, Err: ErrImmutable}
		case d.flags&protected != 0 && !c.EnableProtectedConfigs.Load().Allows(by.Local):
			return nil, &SetError{Name: p.Name, Err: ErrProtected}
		case d.flags&denyLoading != 0 && by.Loading:
			return nil, ErrLoading
		case slices.Contains(names, name):
			return nil, &SetError{Name: p.Name, Err: ErrDuplicate}
		}
		rows, names = append(rows, d), append(names, name)
	}
	return rows, nil
}

func check(rows []*directive, pairs []Pair) ([]change, error) {
	var changes []change
	for i, d := range rows {
		name := strings.ToLower(pairs[i].Name)
		old := d.kind.load()
		now, err := d.kind.parse(d.split(pairs[i].Value), old)
		if k, ok := d.kind.(settable); ok && err == nil {
			err = k.checkSet(now)
		}
		if err != nil {
			return nil, &SetError{Name: name, Err: err}
		}
		changes = append(changes, change{d, name, old, now})
	}
	return changes, nil
}

// runHooks runs the hooks of the changed directives; if one fails, it puts the old values back and
// lets the hooks that had succeeded apply them.
func (c *Config) runHooks(changes []change) error {
	var done []*hook
	for _, h := range c.hooks {
		i := slices.IndexFunc(changes, func(ch change) bool { return ch.effective() && slices.Contains(h.rows, ch.d) })
		if i < 0 {
			continue
		}
		if err := h.run(); err != nil {
			for _, ch := range slices.Backward(changes) {
				ch.d.kind.store(ch.old)
			}
			for _, h := range done {
				// It accepted these values before; if it cannot now there is nobody left to tell.
				_ = h.run()
			}
			return &SetError{Name: changes[i].name, Err: err}
		}
		done = append(done, h)
	}
	return nil
}

func (ch change) effective() bool {
	k := ch.d.kind
	return ch.d.flags&volatile != 0 || k.text(ch.old) != k.text(ch.now)
}

// Override stores values that the server decided on itself, such as a new upstream after REPLICAOF or
// the ports that it found free. It takes immutable directives too, and runs no hooks. Its error
// is a *SetError, and then nothing is stored.
func (c *Config) Override(pairs ...Pair) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rows []*directive
	for _, p := range pairs {
		d := c.lookup(p.Name)
		if d == nil {
			return &SetError{Name: p.Name, Unknown: true}
		}
		rows = append(rows, d)
	}
	changes, err := check(rows, pairs)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		ch.d.kind.store(ch.now)
	}
	return nil
}
