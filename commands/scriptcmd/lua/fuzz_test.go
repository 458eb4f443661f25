package lua_test

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// FuzzScript protects the process from source: whatever it is, it compiles or does not, and
// runs or fails, without a panic.
func FuzzScript(f *testing.F) {
	data, err := os.ReadFile(expressionsFile)
	if err != nil {
		f.Fatal(err)
	}
	for i, l := range strings.Split(string(data), "\n") {
		if l != "" && l[0] != '#' && l[0] != '\t' && i%7 == 0 {
			f.Add("return " + l)
		}
	}
	f.Add("local a, b = 1 a, b = b, a for i = 1, 2 do a = i end goto x ::x:: repeat until true")
	rt := newRuntime()
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "rep") || len(source) > 1000 {
			return // which may take all memory
		}
		c, err := rt.Compile("fuzz", source)
		if err != nil {
			return
		}
		st := rt.Get()
		n := 0
		st.Interrupt(func() error {
			if n++; n > 10000 {
				return errors.New("stop")
			}
			return nil
		})
		st.Run(c)
		st.Interrupt(nil)
		rt.Put(st)
	})
}
