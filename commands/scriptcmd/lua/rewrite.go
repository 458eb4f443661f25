package lua

import "github.com/yuin/gopher-lua/ast"

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
