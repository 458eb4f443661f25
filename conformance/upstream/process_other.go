//go:build !unix

package upstream

import "os/exec"

// The suites need a Unix shell and tclsh; elsewhere the package only has to compile.

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
