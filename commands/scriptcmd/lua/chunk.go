package lua

import (
	"errors"
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// A Chunk is compiled source. It is the same for all states of its runtime, and safe for
// concurrent use.
type Chunk struct {
	Name string
	// Quick says that the chunk cannot run long: it has no loop, no function and no pattern,
	// and compiles nothing at run time.
	Quick bool
	// Borrows says that the chunk neither changes the tables KEYS and ARGV nor keeps them, so
	// that they can be used again.
	Borrows bool
	// Callbacks are those of a library, by the names with which they are registered.
	Callbacks map[string]*Callback
	// Facts is what the walk over the syntax tree found of calls of redis.call.
	Facts Facts

	proto *glua.FunctionProto
	binds []string // builtins that the chunk is given when it is bound to a state
	uses  map[use][]operands
}

// A SyntaxError is the error of source that is no Lua 5.1.
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

func syntaxError(name string, line int, format string, args ...any) error {
	return &SyntaxError{fmt.Sprintf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))}
}

// binaryMark is what precompiled code begins with.
const binaryMark = "\x1bLua"

// Compile compiles source. name is what errors call it.
func (r *Runtime) Compile(name, source string) (*Chunk, error) {
	return r.compile(newRewriter(r, name, source), source)
}

// CompileScript compiles source for State.Run: what it returns nobody else sees.
func (r *Runtime) CompileScript(name, source string) (*Chunk, error) {
	w := newRewriter(r, name, source)
	w.final = true
	return r.compile(w, source)
}

// CompileLibrary compiles source for State.Load.
func (r *Runtime) CompileLibrary(name, source string) (*Chunk, error) {
	w := newRewriter(r, name, source)
	w.loads = true
	c, err := r.compile(w, source)
	if err == nil {
		c.Callbacks = r.callbacks(name, source)
	}
	return c, err
}

func (r *Runtime) compile(w *rewriter, source string) (*Chunk, error) {
	name := w.name
	if strings.HasPrefix(source, binaryMark) {
		return nil, syntaxError(name, 1, "precompiled code is not allowed")
	}
	if strings.HasPrefix(source, "#") { // as Lua skips a first line for the shell
		if i := strings.IndexByte(source, '\n'); i >= 0 {
			source = "--" + source[:i] + source[i:]
		} else {
			source = ""
		}
	}
	stmts, err := parse.Parse(strings.NewReader(source), name)
	if err != nil {
		return nil, parseError(name, source, err)
	}
	main := w.chunk(stmts)
	if w.err != nil {
		return nil, w.err
	}
	proto, err := glua.Compile(outer(w.binds, main), name)
	if err != nil {
		return nil, compileError(name, err)
	}
	if !w.namesArg {
		noArgTable(proto)
	}
	return &Chunk{Name: name, Quick: w.quick, Borrows: !w.keeps, Facts: w.found(), proto: proto, binds: w.binds, uses: w.uses}, nil
}

// outer wraps the chunk in one that is given the builtins and returns it.
func outer(binds []string, main *ast.FunctionExpr) []ast.Stmt {
	ret := &ast.ReturnStmt{Exprs: []ast.Expr{main}}
	ret.SetLine(1)
	ret.SetLastLine(1)
	if len(binds) == 0 {
		return []ast.Stmt{ret}
	}
	given := &ast.Comma3Expr{}
	given.SetLine(1)
	local := &ast.LocalAssignStmt{Names: hiddenAll(binds), Exprs: []ast.Expr{given}}
	local.SetLine(1)
	return []ast.Stmt{local, ret}
}

// noArgTable takes away the making of the table arg, which Lua 5.1 has in functions with
// variable arguments: at a microsecond a call it is too dear for what nobody reads.
func noArgTable(p *glua.FunctionProto) {
	p.IsVarArg &^= glua.VarArgNeedsArg
	for _, inner := range p.FunctionPrototypes {
		noArgTable(inner)
	}
}

// parseError words an error of the parser as Lua does, as far as it can be told.
func parseError(name, source string, err error) error {
	var e *parse.Error
	if !errors.As(err, &e) {
		return syntaxError(name, 1, "%s", err.Error())
	}
	line := e.Pos.Line
	if line == parse.EOF || e.Token == "" {
		if line == parse.EOF {
			line = 1 + strings.Count(source, "\n")
		}
		return syntaxError(name, line, "unexpected symbol near '<eof>'")
	}
	switch {
	case strings.HasPrefix(e.Message, "unterminated"):
		return syntaxError(name, line, "unfinished string near '%s'", e.Token)
	case e.Message == "parse error":
		return syntaxError(name, line, "'=' expected near '%s'", e.Token)
	case strings.HasPrefix(e.Message, "Invalid"), e.Message == "syntax error":
		return syntaxError(name, line, "unexpected symbol near '%s'", e.Token)
	}
	return syntaxError(name, line, "%s near '%s'", e.Message, e.Token)
}

func compileError(name string, err error) error {
	var e *glua.CompileError
	if errors.As(err, &e) {
		return syntaxError(name, max(e.Line, 1), "%s", e.Message)
	}
	return syntaxError(name, 1, "%s", err.Error())
}
