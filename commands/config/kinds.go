package config

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/medleydb/medley/datatypes"
)

var errArgCount = errors.New("wrong number of arguments")

type boolKind struct{ h *Bool }

func (boolKind) label() string { return "bool" }
func (k boolKind) load() any   { return k.h.Load() }
func (k boolKind) store(v any) { k.h.v.Store(v.(bool)) }

func (boolKind) parse(args []string, _ any) (any, error) {
	switch {
	case strings.EqualFold(args[0], "yes"):
		return true, nil
	case strings.EqualFold(args[0], "no"):
		return false, nil
	}
	return nil, errors.New("argument must be 'yes' or 'no'")
}

func (boolKind) text(v any) string {
	if v.(bool) {
		return "yes"
	}
	return "no"
}

func (k boolKind) lines(v any) []string { return []string{k.text(v)} }

// numberForm is how a number is written.
type numberForm int

const (
	integer      numberForm = iota
	memory                  // bytes, with a unit
	relative                // bytes with a unit, or N%, which is stored as -N
	signedMemory            // bytes with a unit, or a negative integer
	octal
)

func (f numberForm) String() string {
	return [...]string{"integer", "memory", "memory or percent", "memory", "octal"}[f]
}

type numberKind struct {
	h        *Int
	min, max int64
	form     numberForm
	clamp    func(int64) int64 // applied after the bounds were checked
}

func (k numberKind) label() string { return k.form.String() }
func (k numberKind) load() any     { return k.h.Load() }
func (k numberKind) store(v any)   { k.h.v.Store(v.(int64)) }

func (k numberKind) parse(args []string, _ any) (any, error) {
	v, err := k.number(args[0])
	if err != nil {
		return nil, err
	}
	switch {
	case k.form == relative && v < 0:
		if v < k.min {
			return nil, fmt.Errorf("percentage argument must be less or equal to %d", -k.min)
		}
	case v < k.min || v > k.max:
		return nil, k.errBounds()
	}
	if k.clamp != nil {
		v = k.clamp(v)
	}
	return v, nil
}

func (k numberKind) errBounds() error {
	if k.form == octal {
		return fmt.Errorf("argument must be between %o and %o inclusive", k.min, k.max)
	}
	return fmt.Errorf("argument must be between %d and %d inclusive", k.min, k.max)
}

func (k numberKind) number(s string) (int64, error) {
	switch k.form {
	case memory, signedMemory:
		v, ok := ParseMemory(s)
		if !ok && tooLarge(s) {
			return 0, k.errBounds()
		}
		if !ok && k.form == signedMemory {
			v, ok = datatypes.ParseInt([]byte(s))
		}
		if !ok {
			return 0, errors.New("argument must be a memory value")
		}
		return v, nil
	case relative:
		if v, ok := ParseMemory(s); ok {
			return v, nil
		}
		if n, ok := strings.CutSuffix(s, "%"); ok {
			if v, ok := datatypes.ParseInt([]byte(n)); ok && v >= 0 {
				return -v, nil
			}
		}
		return 0, errors.New("argument must be a memory or percent value")
	case octal:
		v, err := strconv.ParseInt(s, 8, 64)
		if err != nil {
			return 0, errors.New("argument couldn't be parsed as an octal number")
		}
		return v, nil
	}
	v, ok := datatypes.ParseInt([]byte(s))
	if !ok {
		return 0, errors.New("argument couldn't be parsed into an integer")
	}
	return v, nil
}

func (k numberKind) text(v any) string {
	n := v.(int64)
	switch {
	case k.form == octal:
		return strconv.FormatInt(n, 8)
	case k.form == relative && n < 0:
		return strconv.FormatInt(-n, 10) + "%"
	}
	return strconv.FormatInt(n, 10)
}

func (k numberKind) lines(v any) []string {
	if n := v.(int64); n > 0 && k.form != integer && k.form != octal {
		return []string{formatMemory(n)}
	}
	return []string{k.text(v)}
}

// ParseMemory parses a number of bytes: digits and an optional unit, b, k (1000), kb (1024), m, mb,
// g or gb in any case. As in Redis, no digits at all mean 0; unlike there, a number beyond 63
// bits is refused instead of wrapping around.
func ParseMemory(s string) (int64, bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	var unit uint64
	switch strings.ToLower(s[i:]) {
	case "", "b":
		unit = 1
	case "k":
		unit = 1000
	case "kb":
		unit = 1 << 10
	case "m":
		unit = 1000 * 1000
	case "mb":
		unit = 1 << 20
	case "g":
		unit = 1000 * 1000 * 1000
	case "gb":
		unit = 1 << 30
	default:
		return 0, false
	}
	if i == 0 {
		return 0, true
	}
	n, err := strconv.ParseUint(s[:i], 10, 64)
	hi, lo := bits.Mul64(n, unit)
	return int64(lo), err == nil && hi == 0 && lo <= math.MaxInt64
}

// tooLarge reports whether s is a number without a unit that ParseMemory refuses for its size only.
func tooLarge(s string) bool {
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && n > math.MaxInt64
}

// formatMemory prints n bytes with the largest unit that leaves no remainder.
func formatMemory(n int64) string {
	switch {
	case n != 0 && n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "gb"
	case n != 0 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "mb"
	case n != 0 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "kb"
	}
	return strconv.FormatInt(n, 10)
}

func errNotOneOf(words []string) error {
	return errors.New("argument(s) must be one of the following: " + strings.Join(words, ", "))
}

type enumKind struct {
	h     rawEnum
	words []string
}

func (enumKind) label() string       { return "enum" }
func (k enumKind) load() any         { return k.h.raw() }
func (k enumKind) store(v any)       { k.h.setRaw(v.(int32)) }
func (k enumKind) text(v any) string { return k.words[v.(int32)] }

func (k enumKind) parse(args []string, _ any) (any, error) {
	for i, w := range k.words {
		if strings.EqualFold(w, args[0]) {
			return int32(i), nil
		}
	}
	return nil, errNotOneOf(k.words)
}

func (k enumKind) lines(v any) []string { return []string{k.text(v)} }

// stringKind is free text. A nullable one cannot be told from an absent one when it is empty, so
// that the rewriter leaves it out then.
type stringKind struct {
	h        *String
	check    func(string) error
	nullable bool
}

func (stringKind) label() string       { return "string" }
func (k stringKind) load() any         { return k.h.Load() }
func (k stringKind) store(v any)       { k.h.store(v.(string)) }
func (k stringKind) text(v any) string { return v.(string) }

func (k stringKind) parse(args []string, _ any) (any, error) {
	if k.check != nil {
		if err := k.check(args[0]); err != nil {
			return nil, err
		}
	}
	return args[0], nil
}

func (k stringKind) lines(v any) []string {
	if s := v.(string); s != "" || !k.nullable {
		return []string{quote(s)}
	}
	return nil
}

// listKind is a value with an own form, of type T, made of functions.
type listKind[T any] struct {
	h      *Ref[T]
	name   string
	read   func(args []string, old T) (T, error)
	more   func(args []string, old T) (T, error) // not nil: lines in a file add up
	show   func(T) string
	format func(T) []string // nil: one line, as printed, or "" if that is empty
	onSet  func(T) error    // not nil: an additional check of CONFIG SET
}

func (k listKind[T]) label() string     { return k.name }
func (k listKind[T]) load() any         { return k.h.Load() }
func (k listKind[T]) store(v any)       { k.h.store(v.(T)) }
func (k listKind[T]) text(v any) string { return k.show(v.(T)) }

func (k listKind[T]) parse(args []string, old any) (any, error) {
	v, err := k.read(args, old.(T))
	return v, err
}

func (k listKind[T]) checkSet(v any) error {
	if k.onSet == nil {
		return nil
	}
	return k.onSet(v.(T))
}

func (k listKind[T]) accumulates() bool { return k.more != nil }

func (k listKind[T]) add(args []string, old any) (any, error) {
	v, err := k.more(args, old.(T))
	return v, err
}

func (k listKind[T]) lines(v any) []string {
	if k.format != nil {
		return k.format(v.(T))
	}
	if s := k.show(v.(T)); s != "" {
		return []string{s}
	}
	return []string{`""`}
}
