package main

import (
	"fmt"
	"os"
	"runtime/pprof"
)

// profileEnv names a file that a profile of the processor's time is written to, in
// the form of runtime/pprof. default.pgo is one, which the compiler decides by what to inline;
// make profile writes it.
const profileEnv = "MEDLEY_CPU_PROFILE"

// profile starts a profile where one is asked for; what it returns ends it.
func profile() (end func()) {
	path := os.Getenv(profileEnv)
	if path == "" {
		return func() {}
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "medley:", err)
		return func() {}
	}
	return func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "medley:", err)
		}
	}
}
