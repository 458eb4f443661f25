package lua

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// The builtins that no script can name.
const (
	concatName  = "..concat"
	moduloName  = "..modulo"
	powerName   = "..power"
	boundName   = "..bound"
	sameName    = "..same"
	lengthName  = "..length"
	globalsName = "..globals"
	dropped     = "..dropped"  // behind the name of a function whose results nobody uses
	returned    = "..returned" // likewise, of one whose result only the host sees
)

// hidden is the local variable that holds a builtin.
func hidden(builtin string) string { return "(" + builtin + ")" }

func hiddenAll(builtins []string) []string {
	names := make([]string, len(builtins))
	for i, b := range builtins {
		names[i] = hidden(b)
	}
	return names
}

const (
	// maxBinds keeps the upvalues of a function below the machine's limit of 255.
	maxBinds = 150
	// maxDepth is how deep a syntax tree may be: it is walked on the goroutine's stack.
	maxDepth = 10000
)

// A rewriter walks the syntax tree of a chunk, once, with the variables that are in scope.
type rewriter struct {
	rt       *Runtime
	name     string
	binds    []string
	bound    map[string]bool
	scope    *scope
	fn       *function
	depth    int
	err      error
	quick    bool
	namesArg bool
	given    [2]string         // the names of KEYS and ARGV
	confined bool              // it is a Callback
	final    bool              // the chunk is the host's
	callback *ast.FunctionExpr // that is about to be registered
	loads    bool              // the chunk itself runs with few globals, its functions with all
	// localFunctions says of each "local" whether it is a local function, and locals how
	// many of them have been met.
	localFunctions []bool
	locals         int
	uses           map[use][]operands
	facts
}

type scope struct {
	outer *scope
	vars  []*variable
	fn    *function
}

type variable struct {
	name     string
	fn       *function
	assigned int      // times after its declaration
	init     ast.Expr // what it was declared with, where it was
	origin   origin
}

type function struct {
	outer  *function
	vararg bool
	dots   bool // uses ...
	final  bool // what it returns goes to the host, and to nobody else
}

func newRewriter(rt *Runtime, name, source string) *rewriter {
	return &rewriter{
		rt: rt, name: name, quick: true, given: [2]string{"KEYS", "ARGV"}, bound: map[string]bool{}, uses: map[use][]operands{},
		localFunctions: localFunctions(source),
	}
}

func (w *rewriter) fail(line int, format string, args ...any) {
	if w.err == nil {
		w.err = syntaxError(w.name, line, format, args...)
	}
}

// chunk makes the chunk a function without parameters.
func (w *rewriter) chunk(stmts []ast.Stmt) *ast.FunctionExpr {
	f := &ast.FunctionExpr{ParList: &ast.ParList{}}
	w.fn = &function{vararg: true, final: w.final}
	f.Stmts = w.block(stmts)
	f.ParList.HasVargs = w.fn.dots
	f.SetLine(0)
	f.SetLastLine(0)
	if n := len(stmts); n > 0 {
		f.SetLastLine(stmts[n-1].LastLine())
	}
	return f
}

func (w *rewriter) open() { w.scope = &scope{outer: w.scope, fn: w.fn} }

func (w *rewriter) close() { w.scope = w.scope.outer }

func (w *rewriter) declare(name string, init ast.Expr) *variable {
	v := &variable{name: name, fn: w.fn, init: init}
	w.scope.vars = append(w.scope.vars, v)
	return v
}

func (w *rewriter) lookup(name string) *variable {
	for s := w.scope; s != nil; s = s.outer {
		for i := len(s.vars) - 1; i >= 0; i-- {
			if s.vars[i].name == name {
				return s.vars[i]
			}
		}
	}
	return nil
}

func (w *rewriter) block(stmts []ast.Stmt) []ast.Stmt {
	w.open()
	stmts = w.stmts(stmts)
	w.close()
	return stmts
}

func (w *rewriter) stmts(stmts []ast.Stmt) []ast.Stmt {
	w.depth++
	if w.depth > maxDepth {
		w.fail(1, "chunk has too many syntax levels")
	}
	if w.err == nil {
		for i, s := range stmts {
			stmts[i] = w.stmt(s)
		}
	}
	w.depth--
	return stmts
}

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

func (w *rewriter) canBind(name string) bool {
	if w.loads && w.fn.outer == nil {
		return false
	}
	return w.bound[name] || len(w.binds) < maxBinds
}

// bind returns the variable that holds the builtin.
func (w *rewriter) bind(name string, line int) ast.Expr {
	if !w.bound[name] {
		w.bound[name] = true
		switch name {
		case "string.find", "string.match", "string.gmatch", "string.gfind", "string.gsub":
			w.quick = false
		}
		w.binds = append(w.binds, name)
	}
	return ident(hidden(name), line)
}

func (w *rewriter) call(name string, line int, args ...ast.Expr) ast.Expr {
	c := &ast.FuncCallExpr{Func: w.bind(name, line), Args: args}
	c.SetLine(line)
	c.SetLastLine(line)
	return c
}

func text(s string, line int) ast.Expr {
	e := &ast.StringExpr{Value: s}
	e.SetLine(line)
	e.SetLastLine(line)
	return e
}

func constantText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StringExpr:
		return e.Value
	case *ast.NumberExpr:
		if f, ok := parseNumber(e.Value); ok {
			return numberText(f)
		}
	}
	return ""
}
