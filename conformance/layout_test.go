package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/medleydb/medley/"

// rooms are the top-level folders with code, each followed by those that it may import.
var rooms = map[string][]string{
	"datatypes":   {},
	"keyspace":    {"datatypes"},
	"commands":    {"keyspace", "datatypes"},
	"server":      {"commands", "keyspace", "datatypes"},
	"conformance": {"server", "commands", "keyspace", "datatypes"},
}

// binary is the only package outside conformance that may see it.
const binary = "server/cmd/medley"

func room(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, module)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// TestImportDirection protects the house's walls: imports point one way.
func TestImportDirection(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "../...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 5 {
		t.Fatalf("go list found only %d packages", len(lines))
	}
	for _, line := range lines {
		words := strings.Fields(line)
		pkg, from := words[0], room(words[0])
		if _, known := rooms[from]; !known {
			t.Errorf("%s stands in no room", pkg)
			continue
		}
		for _, imp := range words[1:] {
			to := room(imp)
			if to == "" || to == from || to == "conformance" && pkg == module+binary {
				continue
			}
			allowed := false
			for _, r := range rooms[from] {
				allowed = allowed || r == to
			}
			if !allowed {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
}

// TestTopLevel protects the layout that a newcomer finds the rooms by.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"go.mod": true, "go.sum": true, "Makefile": true, "README.md": true, "LICENSE": true, "bin": true}
	for r := range rooms {
		want[r] = true
	}
	var extra []string
	for _, e := range entries {
		if !want[e.Name()] && !strings.HasPrefix(e.Name(), ".") && tracked(e.Name()) {
			extra = append(extra, e.Name())
		}
	}
	sort.Strings(extra)
	if len(extra) > 0 {
		t.Errorf("at the top level beyond the design: %v", extra)
	}
	for _, name := range []string{"go.mod", "Makefile", "README.md", "LICENSE"} {
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Error(err)
		}
	}
}

// tracked reports whether git knows the file; without git all count.
func tracked(name string) bool {
	out, err := exec.Command("git", "-C", "..", "ls-files", name).Output()
	return err != nil || len(out) > 0
}
