//go:build !unix

package servercmd

// usage returns zeros where the system has no getrusage.
func usage() cpuUsage { return cpuUsage{} }
