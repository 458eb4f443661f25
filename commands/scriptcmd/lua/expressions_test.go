package lua_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/reference"
)

// expressionsFile has expressions of Lua. Below each stands, indented, what redis-server gave
// for it; below a line "why:" with the reason, what this package gives in its place.
const expressionsFile = "testdata/expressions.txt"

// show is what an expression is put into: it makes a line of text of all its results, with
// their types, in which numbers are exact and tables have an order. It uses nothing whose
// text the table is to tell.
const show = `
local tostring, type, format, pairs, sort, concat, tonumber = tostring, type, string.format, pairs, table.sort, table.concat, tonumber
local function show(v, deep)
  local t = type(v)
  if t == 'string' then return '"' .. v .. '"' end
  if t == 'number' then
    local s = tostring(v)
    if tonumber(s) ~= v and v == v then s = s .. '~' .. format('%.15e', v) end
    return s
  end
  if t == 'table' and deep < 8 then
    local list = {}
    for k, x in pairs(v) do list[#list + 1] = '[' .. show(k, deep + 1) .. ']=' .. show(x, deep + 1) end
    sort(list)
    return '{' .. concat(list, ',') .. '}'
  end
  if t == 'nil' or t == 'boolean' then return tostring(v) end
  return t
end
local function all(...)
  local list = {}
  for i = 1, select('#', ...) do list[i] = show((select(i, ...)), 0) end
  return concat(list, ' ')
end
return all(pcall(function() return %s
end))`

type expression struct {
	text      string
	want, own string
	why       string
}

func loadExpressions(t *testing.T) (lines []any) {
	data, err := os.ReadFile(expressionsFile)
	if err != nil {
		t.Fatal(err)
	}
	var last *expression
	for _, l := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		rest, indented := strings.CutPrefix(l, "\t")
		switch {
		case indented && strings.HasPrefix(rest, "why: "):
			last.why = rest[5:]
		case indented && last.why != "":
			last.own = rest
		case indented:
			last.want = rest
		case l == "" || l[0] == '#':
			lines = append(lines, l)
		default:
			last = &expression{text: l}
			lines = append(lines, last)
		}
	}
	return lines
}

// TestExpressions holds the machine and its libraries to what redis-server computes. With
// MEDLEY_RECORD naming a server's binary its results are written to the table anew.
func TestExpressions(t *testing.T) {
	lines := loadExpressions(t)
	if binary := os.Getenv("MEDLEY_RECORD"); binary != "" {
		recordExpressions(t, binary, lines)
		return
	}
	rt := lua.NewRuntime(lua.Library{Names: []string{"redis"}, Open: func(*lua.State) map[string]glua.LValue {
		return map[string]glua.LValue{}
	}})
	n := 0
	for _, l := range lines {
		e, ok := l.(*expression)
		if !ok {
			continue
		}
		n++
		want := e.want
		if e.why != "" {
			want = e.own
		}
		if got := quote(evaluate(rt, e.text)); got != want {
			t.Errorf("%s\n  got  %s\n  want %s", e.text, got, want)
		} else if e.why != "" && got == e.want {
			t.Errorf("%s: no exception any more", e.text)
		}
	}
	if n < 500 {
		t.Errorf("only %d expressions", n)
	}
}

func evaluate(rt *lua.Runtime, text string) string {
	c, err := rt.Compile("user_script", strings.Replace(show, "%s\nend))", text+"\nend))", 1))
	if err != nil {
		return "compile: " + err.Error()
	}
	st := rt.Get()
	defer rt.Put(st)
	v, failed := st.Run(c)
	if failed != nil {
		return "error: " + failed.Text()
	}
	return v.String()
}

// quote keeps a result on one line, as text where it is.
func quote(s string) string {
	q := strconv.QuoteToASCII(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func recordExpressions(t *testing.T, binary string, lines []any) {
	s, err := reference.Start(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	conn, err := cases.Wire{Addr: s.Addr}.Dial(2)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var out strings.Builder
	for _, l := range lines {
		e, ok := l.(*expression)
		if !ok {
			fmt.Fprintln(&out, l)
			continue
		}
		script := strings.Replace(show, "%s\nend))", e.text+"\nend))", 1)
		v, err := conn.Do("EVAL", script, "0")
		if err != nil {
			t.Fatal(err)
		}
		got := v.Str
		if v.Kind == command.Error {
			got = strings.TrimPrefix(got, "ERR Error compiling script (new function): ")
			got = "compile: " + strings.TrimSpace(got)
		}
		fmt.Fprintf(&out, "%s\n\t%s\n", e.text, quote(got))
		if e.why != "" {
			fmt.Fprintf(&out, "\twhy: %s\n\t%s\n", e.why, e.own)
		}
	}
	if err := os.WriteFile(expressionsFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
