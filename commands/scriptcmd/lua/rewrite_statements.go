package lua

// This file rewrites statements.

import (
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

func (w *rewriter) stmt(s ast.Stmt) ast.Stmt {
	switch s := s.(type) {
	case *ast.AssignStmt:
		w.exprs(s.Rhs)
		for i, e := range s.Lhs {
			s.Lhs[i] = w.target(e)
		}
		if len(s.Lhs) > 1 {
			return together(s)
		}
	case *ast.LocalAssignStmt:
		w.local(s)
	case *ast.FuncCallStmt:
		s.Expr = w.expr(s.Expr)
		c, ok := s.Expr.(*ast.FuncCallExpr)
		if !ok {
			w.fail(s.Line(), "syntax error")
			break
		}
		w.variant(c, dropped)
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		w.quick = false
		s.Condition = w.expr(s.Condition)
		w.block(s.Stmts)
	case *ast.RepeatStmt:
		w.quick = false
		w.open()
		w.stmts(s.Stmts)
		s.Condition = w.expr(s.Condition) // sees the variables of the body
		w.close()
	case *ast.IfStmt:
		s.Condition = w.expr(s.Condition)
		w.block(s.Then)
		w.block(s.Else)
	case *ast.NumberForStmt:
		w.numberFor(s)
	case *ast.GenericForStmt:
		w.genericFor(s)
	case *ast.FuncDefStmt:
		w.funcDef(s)
	case *ast.ReturnStmt:
		w.exprs(s.Exprs)
		if c, ok := soleCall(s.Exprs); ok && w.fn.final {
			w.variant(c, returned)
		}
	case *ast.LabelStmt, *ast.GotoStmt:
		w.fail(s.Line(), "'=' expected near 'goto'")
	}
	return s
}

// variant lets a call of a builtin be one of its variant, if it has that.
func (w *rewriter) variant(c *ast.FuncCallExpr, suffix string) {
	id, ok := c.Func.(*ast.IdentExpr)
	if !ok || !strings.HasPrefix(id.Value, "(") {
		return
	}
	if name := strings.Trim(id.Value, "()") + suffix; w.rt.names[name] && w.canBind(name) {
		c.Func = w.bind(name, c.Line())
	}
}

func soleCall(list []ast.Expr) (c *ast.FuncCallExpr, ok bool) {
	if len(list) == 1 {
		c, ok = list[0].(*ast.FuncCallExpr)
	}
	return c, ok
}

// together makes an assignment of several values such that all are there before the first
// variable changes: the machine gets a, b = b, a wrong for local variables. What is
// assigned to stands before the values, and is changed from the last to the first.
func together(s *ast.AssignStmt) ast.Stmt {
	line := s.Line()
	var before []ast.Stmt
	keep := func(name string, e ast.Expr) ast.Expr {
		local := &ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{e}}
		local.SetLine(line)
		before = append(before, local)
		return ident(name, line)
	}
	for i, e := range s.Lhs {
		get, ok := e.(*ast.AttrGetExpr)
		if !ok {
			continue
		}
		n := strconv.Itoa(i)
		get.Object = keep("(object "+n+")", get.Object)
		switch get.Key.(type) {
		case *ast.StringExpr, *ast.NumberExpr:
		default:
			get.Key = keep("(key "+n+")", get.Key)
		}
	}
	values := &ast.LocalAssignStmt{Exprs: s.Rhs}
	values.SetLine(line)
	block := &ast.DoBlockStmt{}
	block.SetLine(line)
	block.SetLastLine(s.LastLine())
	var after []ast.Stmt
	for i := len(s.Lhs) - 1; i >= 0; i-- {
		set := &ast.AssignStmt{Lhs: s.Lhs[i : i+1 : i+1], Rhs: []ast.Expr{ident("(value "+strconv.Itoa(i)+")", line)}}
		set.SetLine(line)
		after = append(after, set)
	}
	for i := range s.Lhs {
		values.Names = append(values.Names, "(value "+strconv.Itoa(i)+")")
	}
	block.Stmts = append(append(before, values), after...)
	return block
}

func ident(name string, line int) ast.Expr {
	e := &ast.IdentExpr{Value: name}
	e.SetLine(line)
	e.SetLastLine(line)
	return e
}

// local rewrites the declaration of local variables, which begin behind it; but a local function
// sees itself. To the machine a variable that is declared with a function is one, so there the
// function is hidden in a call.
func (w *rewriter) local(s *ast.LocalAssignStmt) {
	named := w.locals < len(w.localFunctions) && w.localFunctions[w.locals]
	w.locals++
	if f, ok := soleFunction(s); ok && named {
		w.declare(s.Names[0], nil)
		w.function(f, false)
		return
	} else if ok {
		w.function(f, false)
		s.Exprs[0] = w.call(sameName, s.Line(), f)
		w.declare(s.Names[0], nil)
		return
	}
	origins := w.origins(s.Exprs)
	w.exprs(s.Exprs)
	for i, name := range s.Names {
		v := w.declare(name, nil)
		if i < len(origins) {
			v.origin = origins[i]
		}
	}
}

// soleFunction returns the function that a statement declares its only variable with.
func soleFunction(s *ast.LocalAssignStmt) (*ast.FunctionExpr, bool) {
	if len(s.Names) != 1 || len(s.Exprs) != 1 {
		return nil, false
	}
	f, ok := s.Exprs[0].(*ast.FunctionExpr)
	return f, ok
}

// localFunctions returns for each "local" of the source whether a function's name follows it:
// the syntax tree does not tell.
func localFunctions(source string) (list []bool) {
	sc := parse.NewScanner(strings.NewReader(source), "")
	lx := &parse.Lexer{}
	after := false
	for {
		tok, err := sc.Scan(lx)
		if err != nil || tok.Type == parse.EOF {
			return list
		}
		if after {
			list[len(list)-1] = tok.Type == parse.TFunction
		}
		if after = tok.Type == parse.TLocal; after {
			list = append(list, false)
		}
	}
}

// numberFor lets a builtin convert the bounds, which may be strings.
func (w *rewriter) numberFor(s *ast.NumberForStmt) {
	w.quick = false
	bound := func(e ast.Expr, what string) ast.Expr {
		switch e.(type) {
		case nil, *ast.NumberExpr, *ast.UnaryLenOpExpr:
			if e == nil {
				return nil
			}
			return w.expr(e)
		}
		return w.call(boundName, s.Line(), single(w.expr(e)), text(what, s.Line()))
	}
	s.Init = bound(s.Init, "initial value")
	s.Limit = bound(s.Limit, "limit")
	s.Step = bound(s.Step, "step")
	w.open()
	w.declare(s.Name, nil)
	w.stmts(s.Stmts)
	w.close()
}

func (w *rewriter) genericFor(s *ast.GenericForStmt) {
	w.quick = false
	keys := w.isKeysLoop(s)
	w.exprs(s.Exprs)
	w.open()
	for i, name := range s.Names {
		v := w.declare(name, nil)
		if keys && i == 1 {
			v.origin = origin{kind: fromKeys}
		}
	}
	w.stmts(s.Stmts)
	w.close()
}

func (w *rewriter) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		s.Name.Func = w.target(s.Name.Func)
	}
	if s.Name.Receiver != nil {
		s.Name.Receiver = w.expr(s.Name.Receiver)
	}
	w.function(s.Func, s.Name.Method != "")
}

// target rewrites what is assigned to. Global variables cannot be: the proxy of the globals
// says so.
func (w *rewriter) target(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if v := w.lookup(e.Value); v != nil {
			v.assigned++
			return e
		}
		if e.Value == w.given[0] {
			w.unsafe()
		}
		get := &ast.AttrGetExpr{Object: w.bind(globalsName, e.Line()), Key: text(e.Value, e.Line())}
		get.SetLine(e.Line())
		get.SetLastLine(e.Line())
		return get
	case *ast.AttrGetExpr:
		w.note(opIndex, e, constantText(e.Key), w.describe(e.Object), "")
		e.Object = w.expr(e.Object)
		e.Key = w.expr(e.Key)
		return e
	}
	return w.expr(e)
}
