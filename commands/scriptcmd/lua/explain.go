package lua

import (
	"regexp"
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// What the machine says of an error names no variable, and says it in words of its own. The
// rewriter notes for each line what was indexed, called or computed with; when an error
// occurs, and only one thing on its line can have been it, its name goes into the text.

type op uint8

const (
	opIndex op = iota
	opCall
	opArith
	opConcat
	opLen
)

// A use is an operation on a line; key is that of an index.
type use struct {
	op   op
	line int
	key  string
}

// operands are the names of what was operated on, such as "local 'x'"; "" for what has none.
type operands [2]string

func (w *rewriter) note(o op, at ast.Expr, key, left, right string) {
	k := use{o, at.Line(), key}
	w.uses[k] = append(w.uses[k], operands{left, right})
}

// describe names an expression as Lua does.
func (w *rewriter) describe(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		v := w.lookup(e.Value)
		switch {
		case v == nil:
			return "global '" + e.Value + "'"
		case v.fn != w.fn:
			return "upvalue '" + e.Value + "'"
		}
		return "local '" + e.Value + "'"
	case *ast.AttrGetExpr:
		if s, ok := e.Key.(*ast.StringExpr); ok {
			return "field '" + s.Value + "'"
		}
		return "field '?'"
	}
	return ""
}

// named returns the name of operand which of the operation that fails now, with the type
// of its value: "local 'x' (a nil value)", or "a nil value".
func (st *State) named(L *glua.LState, o op, key string, which int, v glua.LValue) string {
	kind := "a " + v.Type().String() + " value"
	if st.chunk == nil {
		return kind
	}
	dbg, ok := L.GetStack(1)
	if !ok {
		return kind
	}
	fn, err := L.GetInfo("Slf", dbg, glua.LNil)
	if err != nil || dbg.Source != st.chunk.Name {
		return kind
	}
	name, found := "", 0
	for _, u := range st.chunk.uses[use{o, dbg.CurrentLine, key}] {
		n := u[which]
		if found > 0 && n == name || !holds(L, dbg, fn.(*glua.LFunction), n, v) {
			continue
		}
		name = n
		found++
	}
	if found != 1 || name == "" {
		return kind
	}
	return name + " (" + kind + ")"
}

// holds reports whether what is named may have the value: of variables the machine knows.
func holds(L *glua.LState, dbg *glua.Debug, fn *glua.LFunction, name string, v glua.LValue) bool {
	if n, ok := strings.CutPrefix(name, "local '"); ok {
		n = strings.TrimSuffix(n, "'")
		if !slices.ContainsFunc(fn.Proto.DbgLocals, func(l *glua.DbgLocalInfo) bool { return l.Name == n }) {
			return false // one of another function on the line
		}
		known := false
		for i := 1; i <= maxLocals; i++ {
			have, x := L.GetLocal(dbg, i)
			if have == "" {
				break
			}
			if have == n {
				if known = true; x == v {
					return true
				}
			}
		}
		return !known
	}
	if n, ok := strings.CutPrefix(name, "upvalue '"); ok {
		n = strings.TrimSuffix(n, "'")
		for i, have := range fn.Proto.DbgUpvalues {
			if have == n && i < len(fn.Upvalues) {
				return fn.Upvalues[i].Value() == v
			}
		}
		return false
	}
	return true
}

const maxLocals = 200

var (
	compared  = regexp.MustCompile(`attempt to compare (\w+) with (\w+)$`)
	performed = regexp.MustCompile(`cannot perform \w+ operation between (\w+) and (\w+)$`)
	indexed   = regexp.MustCompile(`attempt to index a non-table object\((\w+)\) with key '.*'$`)
	loop      = regexp.MustCompile(`for statement (init|limit|step) must be a number$`)
)

// overflow is what the machine panics with when calls nest too deep.
const overflow = "lua callstack overflow"

// reword turns texts of the machine into Lua's.
func reword(v glua.LValue) glua.LValue {
	s, ok := v.(glua.LString)
	if !ok {
		return v
	}
	t := string(s)
	switch {
	case strings.HasSuffix(t, "attempt to call a non-function object"):
		t = strings.TrimSuffix(t, "non-function object") + "table value"
	case t == overflow:
		t = "stack overflow"
	case strings.HasSuffix(t, "registry overflow"):
		t = strings.TrimSuffix(t, "registry overflow") + "stack overflow"
	case strings.Contains(t, "attempt to compare"):
		if m := compared.FindStringSubmatchIndex(t); m != nil && t[m[2]:m[3]] == t[m[4]:m[5]] {
			t = t[:m[0]] + "attempt to compare two " + t[m[2]:m[3]] + " values"
		}
	case strings.Contains(t, "cannot perform"):
		if m := performed.FindStringSubmatchIndex(t); m != nil {
			kind := t[m[2]:m[3]]
			if kind == "number" || kind == "string" {
				kind = t[m[4]:m[5]]
			}
			t = t[:m[0]] + "attempt to perform arithmetic on a " + kind + " value"
		}
	case strings.Contains(t, "non-table object"):
		t = indexed.ReplaceAllString(t, "attempt to index a $1 value")
	case strings.HasSuffix(t, "__len undefined"):
		t = strings.TrimSuffix(t, "__len undefined") + "attempt to get length of a userdata value"
	case strings.HasSuffix(t, "__unm undefined"):
		t = strings.TrimSuffix(t, "__unm undefined") + "attempt to perform arithmetic on a table value"
	case strings.Contains(t, "for statement"):
		t = loop.ReplaceAllString(t, "'for' $1 must be a number")
	case strings.HasSuffix(t, "table index is NaN"), strings.HasSuffix(t, "table index is nil"):
	}
	return glua.LString(t)
}
