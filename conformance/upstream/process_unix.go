//go:build unix

package upstream

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the leader of a process group of its own, so that killGroup reaches the
// helpers that it starts too.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a started command and everything that it started. It is harmless when all have gone.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
