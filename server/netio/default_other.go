//go:build !linux

package netio

// New returns the best back end for sockets that the system has.
func New(h Handler, _ Options) (Server, error) { return NewGoroutines(h), nil }
