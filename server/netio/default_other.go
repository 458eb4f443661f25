//go:build !linux

package netio

// New returns the best back end for sockets that the system has.
func New(h Handler, _ int, _ bool) (Server, error) { return NewGoroutines(h), nil }
