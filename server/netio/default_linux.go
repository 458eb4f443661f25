package netio

// New returns the best back end for sockets that the system has.
func New(h Handler, loops int) (Server, error) { return NewEpoll(h, loops) }
