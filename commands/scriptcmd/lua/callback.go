package lua

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A Callback is what is certain of a function that source gives to a function of a library
// (Library.Registers) where it stands: of its parameters the first is to it what KEYS is to a
// chunk, the second ARGV. Facts are Complete only where the function uses nothing that
// is outside it but libraries, so that what it calls is in its own text.
type Callback struct {
	Facts          Facts
	Quick, Borrows bool // as those of a chunk
	Line, LastLine int
}

// callbacks returns the callbacks of the source by the names that they are registered with, as
// far as both are literals at the top level.
func (r *Runtime) callbacks(name, source string) map[string]*Callback {
	stmts, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil
	}
	var outside []string
	found := map[string]*Callback{}
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			outside = append(outside, s.Names...)
		case *ast.FuncCallStmt:
			if as, f := r.registered(s); f != nil {
				found[as] = r.callback(name, source, f, outside)
			}
		}
	}
	return found
}

// registered returns the function that a statement registers, and its name: register("name",
// function) or register{function_name = "name", callback = function}.
func (r *Runtime) registered(s *ast.FuncCallStmt) (name string, f *ast.FunctionExpr) {
	call, ok := s.Expr.(*ast.FuncCallExpr)
	if !ok {
		return "", nil
	}
	member, ok := call.Func.(*ast.AttrGetExpr)
	if !ok || !r.registers(member) {
		return "", nil
	}
	as, f := callbackOf(call)
	text, named := as.(*ast.StringExpr)
	if !named || f == nil || f.ParList.HasVargs || len(f.ParList.Names) > 2 {
		return "", nil
	}
	return text.Value, f
}

// callbackOf returns the name, and the function if it is written there, that a call registers.
func callbackOf(call *ast.FuncCallExpr) (as ast.Expr, f *ast.FunctionExpr) {
	var fn ast.Expr
	switch len(call.Args) {
	case 1:
		t, ok := call.Args[0].(*ast.TableExpr)
		if !ok {
			return nil, nil
		}
		for _, field := range t.Fields {
			if key, ok := field.Key.(*ast.StringExpr); ok && key.Value == "function_name" {
				as = field.Value
			} else if ok && key.Value == "callback" {
				fn = field.Value
			}
		}
	case 2:
		as, fn = call.Args[0], call.Args[1]
	}
	f, _ = fn.(*ast.FunctionExpr)
	return as, f
}

func (r *Runtime) registers(e *ast.AttrGetExpr) bool {
	lib, ok := e.Object.(*ast.IdentExpr)
	member, literal := e.Key.(*ast.StringExpr)
	return ok && literal && slices.ContainsFunc(r.libs, func(l Library) bool {
		return l.Registers == member.Value && slices.Contains(l.Names, lib.Value)
	})
}

// callback walks over the body of a function as over a chunk. outside are the variables that it
// can see.
func (r *Runtime) callback(name, source string, f *ast.FunctionExpr, outside []string) *Callback {
	w := newRewriter(r, name, source)
	w.confined = true
	w.given = [2]string{}
	copy(w.given[:], f.ParList.Names)
	w.open()
	for _, o := range outside {
		if !slices.Contains(f.ParList.Names, o) {
			w.declare(o, nil).origin.kind = fromOutside
		}
	}
	w.chunk(f.Stmts)
	c := &Callback{Facts: w.found(), Quick: w.quick, Borrows: !w.keeps, Line: f.Line(), LastLine: f.LastLine()}
	c.Facts.Complete = c.Facts.Complete && w.err == nil
	return c
}
