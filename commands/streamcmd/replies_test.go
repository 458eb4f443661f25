package streamcmd_test

import (
	"os"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/frozen"
	"github.com/medleydb/medley/conformance/inprocess"
	"github.com/medleydb/medley/conformance/reference"
)

// TestFrozen protects replies, error texts, effects and key events in RESP2 and
// RESP3: they are those of a server of the field. With MEDLEY_RECORD naming a server's
// binary its answers are written to the table anew.
func TestFrozen(t *testing.T) {
	for name, least := range map[string]int{"redis": 250} {
		t.Run(name, func(t *testing.T) {
			file := "testdata/" + name + ".txt"
			table, err := frozen.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := table.Commands(); n < least {
				t.Errorf("only %d commands in the table", n)
			}
			if binary := os.Getenv("MEDLEY_RECORD"); binary != "" {
				recordFrom(t, binary, table, file)
				return
			}
			e, err := inprocess.Open(commands.Options{NoCron: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			differences, err := table.Compare(e)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range differences {
				t.Error(d)
			}
		})
	}
}

func recordFrom(t *testing.T, binary string, table *frozen.Table, file string) {
	s, err := reference.Start(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	r, err := reference.Record(cases.Wire{Addr: s.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := table.Record(r); err != nil {
		t.Fatal(err)
	}
	if err := table.Write(file); err != nil {
		t.Fatal(err)
	}
}
