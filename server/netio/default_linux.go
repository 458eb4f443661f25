package netio

// New returns the best back end for sockets that the system has.
func New(h Handler, o Options) (Server, error) { return NewEpoll(h, o) }
