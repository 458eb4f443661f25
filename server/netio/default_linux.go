package netio

// New returns the best back end for sockets that the system has, with so many loops. Where it may
// adapt, it uses no more of them at a time than the load needs.
func New(h Handler, loops int, adapt bool) (Server, error) { return NewEpoll(h, loops, adapt) }
