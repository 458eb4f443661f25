package cases

import "github.com/medleydb/medley/commands/command"

// A Target is a server that scripts can be played against.
type Target interface {
	// Dial opens a new client session that speaks RESP2 or RESP3 (proto 2 or 3).
	Dial(proto int) (Client, error)
}

// A Client is one session. It is used by one goroutine at a time.
type Client interface {
	// Do sends a command and returns its reply.
	Do(args ...string) (command.Value, error)
	// Send sends a command without waiting for its reply.
	Send(args ...string) error
	// Receive returns the next reply or push message. It returns io.EOF when the
	// server has closed the session, another error when nothing came in time.
	Receive() (command.Value, error)
	Close() error
}

// A RawClient can also send bytes that are no command; steps with raw> need it.
type RawClient interface {
	SendRaw(b []byte) error
}

// A Recorder tells what a target's commands did to its journal and which key
// events they published. A Target may implement it; what was recorded before the
// last Take is forgotten.
type Recorder interface {
	// TakeEffects returns the commands that the journal got, in their order. A command
	// outside database 0 has "@" and the database as its first word. Commands
	// that only frame others (SELECT) are left out; MULTI and EXEC may stay.
	TakeEffects() ([][]string, error)
	// TakeEvents returns "event key" for each key event, with "@1 " before it for
	// database 1.
	TakeEvents() ([]string, error)
}
