//go:build unix

package servercmd

import (
	"syscall"
	"time"
)

func usage() (u cpuUsage) {
	var own, children syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) == nil {
		u.sys, u.user = duration(own.Stime), duration(own.Utime)
	}
	if syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children) == nil {
		u.childSys, u.childUser = duration(children.Stime), duration(children.Utime)
	}
	return u
}

func duration(t syscall.Timeval) time.Duration { return time.Duration(t.Nano()) }
