//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// watch returns a channel that is closed when f can be read, or has ended, and a
// function that ends the watch and returns when it no longer looks at f. Nothing
// is read: the line editor wants the key that woke it.
func watch(f *os.File) (<-chan struct{}, func()) {
	ready, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	fd := int32(f.Fd())
	go func() {
		defer close(done)
		for {
			fds := []unix.PollFd{{Fd: fd, Events: unix.POLLIN}}
			n, err := unix.Poll(fds, 100)
			select {
			case <-stop:
				return
			default:
			}
			if n > 0 || err != nil && err != unix.EINTR {
				close(ready)
				return
			}
		}
	}()
	return ready, func() { close(stop); <-done }
}
