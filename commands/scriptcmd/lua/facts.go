package lua

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// Facts are what is certain of a chunk before it runs: which functions of libraries that are
// marked so (Library.Calls) it can call, and where their arguments come from.
type Facts struct {
	// Complete says that Sites are all calls that the chunk can make, and that it does not
	// change KEYS.
	Complete bool
	Sites    []Site
}

// A Site is a call in the source.
type Site struct {
	Line int
	Args []Arg
	// Spread says that more arguments may follow, of any origin.
	Spread bool
}

// An Arg is where an argument comes from.
type Arg struct {
	Literal bool
	Text    string // of a literal
	Key     bool   // an element of KEYS, or nil
	Keys    bool   // any number of elements of KEYS
}

type origin struct {
	kind originKind
}

type originKind uint8

const (
	fromAnywhere originKind = iota
	fromKeys                // an element of KEYS
	fromCalls               // the function that Facts tells the calls of
	fromOutside             // a variable outside of a Callback
)

// facts are what the rewriter collects.
type facts struct {
	doubtful bool
	keeps    bool // KEYS or ARGV may be changed or kept
	sites    []pending
	mentions int // of functions that Facts tells of
	known    int // of these, as a call or a local name for the function
}

// A pending site knows its variables; whether they were assigned again is known at the end.
type pending struct {
	Site
	via  *variable   // the local name of the function
	vars []*variable // of the arguments, by index
}

func (w *rewriter) unsafe() { w.doubtful, w.keeps = true, true }

// found returns what was collected.
func (w *rewriter) found() Facts {
	f := Facts{Complete: !w.doubtful && w.mentions == w.known}
	for _, p := range w.sites {
		if p.via != nil && p.via.assigned > 0 {
			f.Complete = false
		}
		for i, v := range p.vars {
			if v != nil && v.assigned > 0 {
				p.Args[i].Key = false
			}
		}
		f.Sites = append(f.Sites, p.Site)
	}
	return f
}

// global is told of each global variable that is read as a whole.
func (w *rewriter) global(name string) {
	switch {
	case name == w.given[1]:
		w.keeps = true
	case name == w.given[0], name == "_G":
		w.unsafe()
	case name == "load", name == "loadstring":
		w.unsafe()
		w.quick = false
	case w.callsOf(name) != nil:
		w.unsafe()
	case w.confined && !w.rt.names[name]:
		w.unsafe()
	}
}

// callsOf returns the functions of the library that Facts tells of.
func (w *rewriter) callsOf(library string) []string {
	for _, l := range w.rt.libs {
		if slices.Contains(l.Names, library) {
			return l.Calls
		}
	}
	return nil
}

// usedMember is told of each member of a library that is read.
func (w *rewriter) usedMember(member string) {
	if w.isCalls(member) {
		w.mentions++
	}
}

func (w *rewriter) isCalls(member string) bool {
	for _, l := range w.rt.libs {
		for _, n := range l.Names {
			for _, c := range l.Calls {
				if member == n+"."+c {
					return true
				}
			}
		}
	}
	return false
}

func (w *rewriter) isGlobal(e ast.Expr, name string) bool {
	id, ok := e.(*ast.IdentExpr)
	return ok && id.Value == name && w.lookup(name) == nil
}

func (w *rewriter) isKeys(e ast.Expr) bool { return w.isGlobal(e, w.given[0]) }

// isGiven reports whether the expression is one of the tables that a script is given.
func (w *rewriter) isGiven(e ast.Expr) bool { return w.isKeys(e) || w.isGlobal(e, w.given[1]) }

// isKeysLoop reports whether the loop is over ipairs(KEYS).
func (w *rewriter) isKeysLoop(s *ast.GenericForStmt) bool {
	if len(s.Exprs) != 1 {
		return false
	}
	c, ok := s.Exprs[0].(*ast.FuncCallExpr)
	return ok && c.Func != nil && w.isGlobal(c.Func, "ipairs") && len(c.Args) == 1 && w.isKeys(c.Args[0])
}

// origins returns where the values of a declaration come from.
func (w *rewriter) origins(exprs []ast.Expr) []origin {
	list := make([]origin, len(exprs))
	for i, e := range exprs {
		if get, ok := e.(*ast.AttrGetExpr); ok {
			if w.isKeys(get.Object) {
				list[i].kind = fromKeys
			} else if w.isCalls(w.member(get)) {
				list[i].kind = fromCalls
				w.known++
			}
		}
	}
	return list
}

// site notes the call if it is one of those that Facts tells of: f(...), name(...) with a local
// name for f, or pcall(f, ...).
func (w *rewriter) site(e *ast.FuncCallExpr) {
	if e.Func == nil {
		return
	}
	fn, args := e.Func, e.Args
	if w.isGlobal(fn, "pcall") && len(args) > 0 {
		fn, args = args[0], args[1:]
	}
	p := pending{}
	switch f := fn.(type) {
	case *ast.AttrGetExpr:
		if !w.isCalls(w.member(f)) {
			return
		}
	case *ast.IdentExpr:
		if p.via = w.lookup(f.Value); p.via == nil || p.via.origin.kind != fromCalls {
			return
		}
	default:
		return
	}
	w.known++
	p.Line = e.Line()
	for i, a := range args {
		arg, v, spread := w.arg(a, i == len(args)-1)
		p.Args = append(p.Args, arg)
		p.vars = append(p.vars, v)
		p.Spread = p.Spread || spread
	}
	w.sites = append(w.sites, p)
}

// arg tells of an argument; spread says that it may be several of any origin.
func (w *rewriter) arg(a ast.Expr, last bool) (arg Arg, v *variable, spread bool) {
	switch a := a.(type) {
	case *ast.StringExpr:
		arg = Arg{Literal: true, Text: a.Value}
	case *ast.NumberExpr:
		arg = Arg{Literal: true, Text: constantText(a)}
	case *ast.AttrGetExpr:
		arg.Key = w.isKeys(a.Object)
	case *ast.IdentExpr:
		if v = w.lookup(a.Value); v != nil {
			arg.Key = v.origin.kind == fromKeys
		}
	case *ast.FuncCallExpr:
		if last && !a.AdjustRet {
			arg.Keys = a.Func != nil && w.isGlobal(a.Func, "unpack") && len(a.Args) > 0 && w.isKeys(a.Args[0])
			spread = !arg.Keys
		}
	case *ast.Comma3Expr:
		spread = last && !a.AdjustRet
	}
	return arg, v, spread
}
