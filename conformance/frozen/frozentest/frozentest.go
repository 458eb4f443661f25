// Package frozentest holds a package's commands to its tables of recorded answers.
package frozentest

import (
	"os"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/frozen"
	"github.com/medleydb/medley/conformance/inprocess"
	"github.com/medleydb/medley/conformance/reference"
	"github.com/medleydb/medley/datatypes"
)

// A Table is one in testdata.
type Table struct {
	Name  string // of the file, without .txt
	Least int    // commands that it has at least
	// ByHand means that it tells what is documented: no server could be asked.
	ByHand bool
	// Limits changes the limits of a second engine that must give the same answers, but
	// for OBJECT: values are of other representations then.
	Limits func(*datatypes.Limits)
}

// Run compares this engine with the tables. With MEDLEY_RECORD naming a server's binary its
// answers are written to the tables anew.
func Run(t *testing.T, tables ...Table) {
	for _, x := range tables {
		t.Run(x.Name, func(t *testing.T) {
			file := "testdata/" + x.Name + ".txt"
			table, err := frozen.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := table.Commands(); n < x.Least {
				t.Errorf("only %d commands in the table", n)
			}
			if binary := os.Getenv("MEDLEY_RECORD"); binary != "" && !x.ByHand && strings.Contains(binary, x.Name) {
				record(t, binary, table, file)
				return
			}
			compare(t, table, nil)
			if x.Limits != nil {
				compare(t, table, x.Limits, "OBJECT")
			}
		})
	}
}

func compare(t *testing.T, table *frozen.Table, limits func(*datatypes.Limits), but ...string) {
	e, err := inprocess.Open(commands.Options{NoCron: true, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if limits != nil {
		l := e.Engine.Store().Limits()
		limits(&l)
		e.Engine.Store().SetLimits(l)
	}
	differences, err := table.Compare(e, but...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		t.Error(d)
	}
	if err := e.Engine.Store().Check(); err != nil {
		t.Error(err)
	}
}

func record(t *testing.T, binary string, table *frozen.Table, file string) {
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
