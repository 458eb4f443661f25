package upstream

import (
	"fmt"
	"os"
	"path/filepath"
)

// A sandbox is the private folder of one unit's run: a copy of the suite and a folder for the server.
// The copy is a real one: Valkey's suite resolves symbolic links before it compares unit names, and
// both suites write below tests/.
type sandbox struct {
	root   string
	suite  string // working directory of the suite
	server string // working directory of the server
	script string // starts the suite; see launcher
}

// launcher makes the suite print line by line: to a pipe Tcl prints in blocks, and what is still in the
// block when a run is killed would be lost.
const launcher = "fconfigure stdout -buffering line\nsource tests/test_helper.tcl\n"

// newSandbox copies the suite in from (a folder with tests/ and utils/) to a temporary folder.
func newSandbox(suite, from string) (*sandbox, error) {
	root, err := os.MkdirTemp("", "upstream-"+suite+"-")
	if err != nil {
		return nil, err
	}
	box := &sandbox{
		root:   root,
		suite:  filepath.Join(root, "suite"),
		server: filepath.Join(root, "server"),
		script: filepath.Join(root, "launch.tcl"),
	}
	if err := box.fill(suite, from); err != nil {
		box.remove()
		return nil, err
	}
	return box, nil
}

func (b *sandbox) fill(suite, from string) error {
	for _, dir := range []string{b.server, filepath.Join(b.suite, "src")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.CopyFS(filepath.Join(b.suite, "tests"), os.DirFS(filepath.Join(from, "tests"))); err != nil {
		return fmt.Errorf("copy the suite of %s: %w", suite, err)
	}
	if err := os.MkdirAll(filepath.Join(b.suite, "tests", "tmp"), 0o755); err != nil {
		return err
	}
	utils, err := filepath.Abs(filepath.Join(from, "utils"))
	if err != nil {
		return err
	}
	if err := os.Symlink(utils, filepath.Join(b.suite, "utils")); err != nil {
		return err
	}
	// The suite insists on a server binary of its own even when it starts none.
	binary := filepath.Join(b.suite, "src", suite+"-server")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(b.script, []byte(launcher), 0o644)
}

func (b *sandbox) remove() { _ = os.RemoveAll(b.root) }
