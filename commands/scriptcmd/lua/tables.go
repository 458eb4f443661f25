package lua

import (
	glua "github.com/yuin/gopher-lua"
)

var tableLibrary = Library{Names: []string{"table"}, Open: func(st *State) map[string]glua.LValue {
	return functions(st, map[string]glua.LGFunction{
		"concat": st.tableConcat, "foreach": st.tableForeach, "foreachi": st.tableForeachi, "getn": st.tableGetn,
		"insert": st.tableInsert, "maxn": st.tableMaxn, "remove": st.tableRemove, "setn": tableSetn, "sort": st.tableSort,
	})
}}

func (st *State) tableConcat(L *glua.LState) int {
	t := st.behind(checkTable(L, 1, "concat"))
	sep := optString(L, 2, "concat", "")
	from, to := optInt(L, 3, "concat", 1), 0
	if L.Get(4) == glua.LNil {
		to = lengthOf(t)
	} else {
		to = checkInt(L, 4, "concat")
	}
	var out []byte
	for i := from; i <= to; i++ {
		switch v := t.RawGet(glua.LNumber(i)).(type) {
		case glua.LString:
			out = append(out, v...)
		case glua.LNumber:
			out = appendNumber(out, float64(v))
		default:
			fail(L, "invalid value (%s) at index %d in table for 'concat'", v.Type().String(), i)
		}
		if i < to {
			out = append(out, sep...)
		}
	}
	L.Push(glua.LString(out))
	return 1
}

func (st *State) tableForeach(L *glua.LState) int {
	t, f := st.behind(checkTable(L, 1, "foreach")), checkFunction(L, 2, "foreach")
	for key, v := t.Next(glua.LNil); key != glua.LNil; key, v = t.Next(key) {
		L.Push(f)
		L.Push(key)
		L.Push(v)
		L.Call(2, 1)
		if L.Get(-1) != glua.LNil {
			return 1
		}
		L.Pop(1)
	}
	return 0
}

func (st *State) tableForeachi(L *glua.LState) int {
	t, f := st.behind(checkTable(L, 1, "foreachi")), checkFunction(L, 2, "foreachi")
	for i, n := 1, lengthOf(t); i <= n; i++ {
		L.Push(f)
		L.Push(glua.LNumber(i))
		L.Push(elementOf(t, i))
		L.Call(2, 1)
		if L.Get(-1) != glua.LNil {
			return 1
		}
		L.Pop(1)
	}
	return 0
}

func (st *State) tableGetn(L *glua.LState) int {
	L.Push(glua.LNumber(lengthOf(st.behind(checkTable(L, 1, "getn")))))
	return 1
}

func tableSetn(L *glua.LState) int {
	checkTable(L, 1, "setn")
	fail(L, "'setn' is obsolete")
	return 0
}

func (st *State) tableMaxn(L *glua.LState) int {
	highest := 0.0
	st.behind(checkTable(L, 1, "maxn")).ForEach(func(k, _ glua.LValue) {
		if n, ok := k.(glua.LNumber); ok {
			highest = max(highest, float64(n))
		}
	})
	L.Push(glua.LNumber(highest))
	return 1
}

func (st *State) tableInsert(L *glua.LState) int {
	t := checkTable(L, 1, "insert")
	end := lengthOf(t) + 1
	switch L.GetTop() {
	case 2:
		st.mutable(L, t).RawSetInt(end, L.Get(2))
	case 3:
		pos := checkInt(L, 2, "insert")
		st.mutable(L, t)
		end = max(end, pos)
		for i := end; i > pos; i-- {
			t.RawSet(glua.LNumber(i), t.RawGet(glua.LNumber(i-1)))
		}
		t.RawSet(glua.LNumber(pos), L.Get(3))
	default:
		fail(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

func (st *State) tableRemove(L *glua.LState) int {
	t := checkTable(L, 1, "remove")
	n := lengthOf(t)
	pos := optInt(L, 2, "remove", n)
	if pos < 1 || pos > n {
		return 0
	}
	st.mutable(L, t)
	v := elementOf(t, pos)
	if pos == n {
		if n < maxArray {
			t.Remove(-1)
		}
		if elementOf(t, n) != glua.LNil { // it stood behind the border, or in the hash
			t.RawSetInt(n, glua.LNil)
		}
	} else {
		for i := pos; i < n; i++ {
			t.RawSetInt(i, elementOf(t, i+1))
		}
		t.RawSetInt(n, glua.LNil)
	}
	L.Push(v)
	return 1
}

// tableSort sorts as ltablib.c does, step for step: what an invalid order function is asked,
// and the errors that it provokes, are observable.
func (st *State) tableSort(L *glua.LState) int {
	t := checkTable(L, 1, "sort")
	s := sorter{L: L, t: t}
	if L.Get(2) != glua.LNil {
		s.less = checkFunction(L, 2, "sort")
	}
	n := lengthOf(t)
	if n > 1 {
		st.mutable(L, t)
	}
	s.sort(1, n)
	return 0
}

type sorter struct {
	L    *glua.LState
	t    *glua.LTable
	less *glua.LFunction
}

func (s *sorter) get(i int) glua.LValue { return elementOf(s.t, i) }

func (s *sorter) set(i int, v glua.LValue) { s.t.RawSetInt(i, v) }

func (s *sorter) before(a, b glua.LValue) bool {
	if s.less == nil {
		x, ok1 := a.(glua.LNumber)
		y, ok2 := b.(glua.LNumber)
		if ok1 && ok2 {
			return x < y
		}
		if a.Type() != b.Type() {
			raise(s.L, glua.LString("attempt to compare "+a.Type().String()+" with "+b.Type().String()))
		}
		return s.L.LessThan(a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	s.L.Call(2, 1)
	v := s.L.Get(-1)
	s.L.Pop(1)
	return glua.LVAsBool(v)
}

func (s *sorter) order(i, j int) {
	if a, b := s.get(i), s.get(j); s.before(b, a) {
		s.set(i, b)
		s.set(j, a)
	}
}

func (s *sorter) sort(l, u int) {
	for l < u {
		s.order(l, u)
		if u-l == 1 {
			return
		}
		i := (l + u) / 2
		if m, a := s.get(i), s.get(l); s.before(m, a) {
			s.set(i, a)
			s.set(l, m)
		} else if b := s.get(u); s.before(b, m) {
			s.set(i, b)
			s.set(u, m)
		}
		if u-l == 2 {
			return
		}
		i = s.partition(i, l, u)
		if i-l < u-i {
			s.sort(l, i-1)
			l = i + 1
		} else {
			s.sort(i+1, u)
			u = i - 1
		}
	}
}

// partition puts the pivot at i to its place and returns that.
func (s *sorter) partition(i, l, u int) int {
	pivot := s.get(i)
	s.set(i, s.get(u-1))
	s.set(u-1, pivot)
	i, j := l, u-1
	for {
		for i++; s.before(s.get(i), pivot); i++ {
			if i > u {
				fail(s.L, "invalid order function for sorting")
			}
		}
		for j--; s.before(pivot, s.get(j)); j-- {
			if j < l {
				fail(s.L, "invalid order function for sorting")
			}
		}
		if j < i {
			break
		}
		a, b := s.get(i), s.get(j)
		s.set(i, b)
		s.set(j, a)
	}
	a, b := s.get(u-1), s.get(i)
	s.set(u-1, b)
	s.set(i, a)
	return i
}
