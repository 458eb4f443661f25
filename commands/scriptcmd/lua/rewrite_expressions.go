package lua

// This file rewrites expressions.

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

func (w *rewriter) exprs(list []ast.Expr) {
	for i, e := range list {
		list[i] = w.expr(e)
	}
}

// expr returns the expression as the machine is to see it.
func (w *rewriter) expr(e ast.Expr) ast.Expr {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		w.fail(e.Line(), "chunk has too many syntax levels")
	}
	if w.err != nil {
		return e
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		w.number(e)
	case *ast.Comma3Expr:
		if !w.fn.vararg {
			w.fail(e.Line(), "cannot use '...' outside a vararg function near '...'")
		}
		w.fn.dots = true
	case *ast.IdentExpr:
		return w.ident(e)
	case *ast.AttrGetExpr:
		return w.attr(e)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				f.Key = w.expr(f.Key)
			}
			f.Value = w.expr(f.Value)
		}
	case *ast.FuncCallExpr:
		return w.funcCall(e)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		return w.concat(e)
	case *ast.ArithmeticOpExpr:
		return w.arithmetic(e)
	case *ast.UnaryMinusOpExpr:
		w.note(opArith, e, "", w.describe(e.Expr), w.describe(e.Expr))
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		w.note(opLen, e, "", w.describe(e.Expr), "")
		if !w.isGiven(e.Expr) {
			e.Expr = w.expr(e.Expr)
		}
		return w.call(lengthName, e.Line(), single(e.Expr))
	case *ast.FunctionExpr:
		w.function(e, false)
	}
	return e
}

// number brings a number to a form that the machine reads as Lua reads the given one: it takes
// some with leading zeros for octal.
func (w *rewriter) number(e *ast.NumberExpr) {
	f, ok := parseNumber(e.Value)
	if !ok || math.IsInf(f, 0) || f != f {
		if ok && math.IsInf(f, 1) {
			e.Value = "1e999"
			return
		}
		w.fail(e.Line(), "malformed number near '%s'", e.Value)
		return
	}
	if f == math.Trunc(f) && f < 1<<53 {
		e.Value = strconv.FormatInt(int64(f), 10)
		return
	}
	e.Value = strconv.FormatFloat(f, 'e', -1, 64)
}

func (w *rewriter) function(f *ast.FunctionExpr, method bool) {
	w.quick = false
	inner := &function{outer: w.fn, vararg: f.ParList.HasVargs, final: w.callback == f}
	w.fn = inner
	w.open()
	if method {
		w.declare("self", nil)
	}
	for _, p := range f.ParList.Names {
		w.declare(p, nil)
	}
	if f.ParList.HasVargs {
		w.declare("arg", nil)
	}
	f.Stmts = w.stmts(f.Stmts)
	w.close()
	w.fn = inner.outer
}

// ident binds a global function; everything else stays what it is.
func (w *rewriter) ident(e *ast.IdentExpr) ast.Expr {
	if v := w.lookup(e.Value); v != nil {
		if e.Value == "arg" {
			w.namesArg = true
		}
		switch v.origin.kind {
		case fromCalls:
			w.mentions++
		case fromOutside:
			w.unsafe()
		}
		return e
	}
	w.global(e.Value)
	if w.rt.names[e.Value] && w.canBind(e.Value) {
		return w.bind(e.Value, e.Line())
	}
	return e
}

// attr binds a member of a library.
func (w *rewriter) attr(e *ast.AttrGetExpr) ast.Expr {
	if w.isGiven(e.Object) {
		e.Key = w.expr(e.Key)
		return e
	}
	if member := w.member(e); member != "" && w.rt.names[member] && w.canBind(member) {
		w.usedMember(member)
		return w.bind(member, e.Line())
	} else if member != "" {
		w.usedMember(member)
	}
	w.note(opIndex, e, constantText(e.Key), w.describe(e.Object), "")
	if w.member(e) == "" {
		e.Object = w.expr(e.Object)
	}
	e.Key = w.expr(e.Key)
	return e
}

// member returns library.name where the expression reads that, else "".
func (w *rewriter) member(e *ast.AttrGetExpr) string {
	lib, ok := e.Object.(*ast.IdentExpr)
	if !ok || w.lookup(lib.Value) != nil {
		return ""
	}
	name, ok := e.Key.(*ast.StringExpr)
	if !ok || !slices.ContainsFunc(w.rt.libs, func(l Library) bool { return slices.Contains(l.Names, lib.Value) }) {
		return ""
	}
	return lib.Value + "." + name.Value
}

func (w *rewriter) funcCall(e *ast.FuncCallExpr) ast.Expr {
	w.site(e)
	if get, ok := e.Func.(*ast.AttrGetExpr); ok && w.loads && w.member(get) != "" && w.rt.registers(get) {
		if _, f := callbackOf(e); f != nil {
			w.callback = f
		}
	}
	if e.Func != nil {
		d := w.describe(e.Func)
		e.Func = w.expr(e.Func)
		id, named := e.Func.(*ast.IdentExpr)
		_, literal := e.Func.(*ast.FunctionExpr)
		if !literal && !(named && strings.HasPrefix(id.Value, "(")) {
			w.note(opCall, e, "", d, "") // others can be called
		}
	} else {
		w.quick = false // it may be a pattern that matches for long
		w.note(opCall, e, "", "method '"+e.Method+"'", "")
		w.note(opIndex, e, e.Method, w.describe(e.Receiver), "")
		e.Receiver = w.expr(e.Receiver)
	}
	for i, a := range e.Args {
		if i == 0 && w.isGiven(a) && e.Func != nil && onlyReads(e.Func) {
			continue
		}
		e.Args[i] = w.expr(a)
	}
	return e
}

// onlyReads reports whether the function, as it is bound, leaves a table that it is given as it
// is and keeps it from the script.
func onlyReads(fn ast.Expr) bool {
	id, ok := fn.(*ast.IdentExpr)
	return ok && (id.Value == hidden("ipairs") || id.Value == hidden("unpack") || id.Value == hidden("table.concat"))
}

// concat makes a chain of .. one call, but for one of literals only.
func (w *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	var list []ast.Expr
	literal := true
	var at ast.Expr = e
	for {
		c, ok := at.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		w.note(opConcat, c, "", w.describe(c.Lhs), w.describe(c.Rhs))
		list = append(list, c.Lhs)
		at = c.Rhs
	}
	list = append(list, at)
	for i, x := range list {
		if _, ok := x.(*ast.StringExpr); !ok {
			literal = false
		}
		list[i] = single(w.expr(x))
	}
	if literal || len(list) > 100 { // the machine has so many registers
		if !literal {
			return w.concatAll(list, e.Line())
		}
		return e
	}
	return w.call(concatName, e.Line(), list...)
}

// concatAll joins more values than a call can have: the last ones first.
func (w *rewriter) concatAll(list []ast.Expr, line int) ast.Expr {
	const step = 50
	tail := w.call(concatName, line, list[len(list)-step:]...)
	list = list[:len(list)-step]
	for len(list) > step {
		tail = w.call(concatName, line, append(slices.Clone(list[len(list)-step:]), tail)...)
		list = list[:len(list)-step]
	}
	return w.call(concatName, line, append(slices.Clone(list), tail)...)
}

func (w *rewriter) arithmetic(e *ast.ArithmeticOpExpr) ast.Expr {
	w.note(opArith, e, "", w.describe(e.Lhs), w.describe(e.Rhs))
	e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	switch e.Operator {
	case "%":
		if n, ok := e.Rhs.(*ast.NumberExpr); !ok || !smallWhole(n.Value) {
			return w.call(moduloName, e.Line(), single(e.Lhs), single(e.Rhs))
		}
	case "^":
		return w.call(powerName, e.Line(), single(e.Lhs), single(e.Rhs))
	}
	return e
}

// smallWhole reports whether a literal divisor is one for which the machine's % is exact
// wherever the quotient is.
func smallWhole(s string) bool {
	n, err := strconv.ParseUint(s, 10, 53)
	return err == nil && n > 0
}

// single makes a call or ... one value.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}
