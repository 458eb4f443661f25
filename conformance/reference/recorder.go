package reference

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/server/resp"
)

// A Recorded is a server with a Recorder: a target whose effects are read from its
// replication stream, and whose events from its keyspace notifications.
//
// To know that everything so far has arrived, a Take publishes a marker of its
// own and reads up to it: PUBLISH goes down the replication stream and to the
// subscriber in the order of execution.
type Recorded struct {
	cases.Wire
	control *cases.WireClient
	events  *cases.WireClient
	stream  net.Conn
	reader  *resp.Reader
	db      string // the stream's database
	marks   int
}

const (
	markChannel = "reference:mark"
	takeTimeout = 10 * time.Second
)

// Record attaches to a server as a replica and as a subscriber. The server
// must have no other writers.
func Record(w cases.Wire) (*Recorded, error) {
	r := &Recorded{Wire: w, db: "0"}
	err := r.attach()
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Recorded) attach() (err error) {
	if r.control, err = r.DialWire(); err != nil {
		return err
	}
	if _, err = r.control.Do("CONFIG", "SET", "notify-keyspace-events", "EA"); err != nil {
		return err
	}
	if r.events, err = r.DialWire(); err != nil {
		return err
	}
	for _, args := range [][]string{{"PSUBSCRIBE", "__keyevent@*__:*"}, {"SUBSCRIBE", markChannel}} {
		if _, err = r.events.Do(args...); err != nil {
			return err
		}
	}
	network := "tcp"
	if strings.HasPrefix(r.Addr, "/") {
		network = "unix"
	}
	if r.stream, err = net.Dial(network, r.Addr); err != nil {
		return err
	}
	return r.sync()
}

// sync asks for a full synchronisation as the oldest replicas did, and skips the
// snapshot: "$length" and as many bytes, with no line end after them.
func (r *Recorded) sync() error {
	r.stream.SetDeadline(time.Now().Add(takeTimeout))
	if _, err := io.WriteString(r.stream, "SYNC\r\n"); err != nil {
		return err
	}
	b := bufio.NewReader(r.stream)
	line := "\n"
	for line == "\n" { // a server that is still saving sends empty lines
		var err error
		if line, err = b.ReadString('\n'); err != nil {
			return err
		}
	}
	n, err := strconv.ParseInt(strings.Trim(line, "$\r\n"), 10, 64)
	if err != nil {
		return fmt.Errorf("SYNC answered %q", line)
	}
	if _, err := io.CopyN(io.Discard, b, n); err != nil {
		return err
	}
	r.reader = resp.NewReader(b)
	return nil
}

// Close detaches.
func (r *Recorded) Close() {
	for _, c := range []*cases.WireClient{r.control, r.events} {
		if c != nil {
			c.Close()
		}
	}
	if r.stream != nil {
		r.stream.Close()
	}
}

func (r *Recorded) mark() (string, error) {
	r.marks++
	text := strconv.Itoa(r.marks)
	v, err := r.control.Do("PUBLISH", markChannel, text)
	if err == nil {
		err = v.Err()
	}
	return text, err
}

// TakeEffects implements cases.Recorder.
func (r *Recorded) TakeEffects() ([][]string, error) {
	mark, err := r.mark()
	if err != nil {
		return nil, err
	}
	r.stream.SetDeadline(time.Now().Add(takeTimeout))
	var effects [][]string
	for {
		v, err := r.reader.Read()
		if err != nil {
			return nil, fmt.Errorf("replication stream: %w", err)
		}
		args := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			args[i] = e.Str
		}
		if len(args) == 0 {
			return nil, errors.New("replication stream: no command")
		}
		switch name := strings.ToUpper(args[0]); {
		case name == "PUBLISH" && len(args) == 3 && args[1] == markChannel:
			if args[2] == mark {
				return effects, nil
			}
			continue
		case name == "SELECT" && len(args) == 2:
			r.db = args[1]
			continue
		case name == "PING" || name == "REPLCONF":
			continue
		case r.db != "0" && name != "MULTI" && name != "EXEC":
			args = append([]string{"@" + r.db}, args...)
		}
		effects = append(effects, args)
	}
}

// TakeEvents implements cases.Recorder.
func (r *Recorded) TakeEvents() ([]string, error) {
	mark, err := r.mark()
	if err != nil {
		return nil, err
	}
	var events []string
	for {
		v, err := r.events.Receive()
		if err != nil {
			return nil, fmt.Errorf("key events: %w", err)
		}
		if len(v.Elems) == 3 && v.Elems[1].Str == markChannel {
			if v.Elems[2].Str == mark {
				return events, nil
			}
			continue
		}
		e, err := event(v)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
}

// event turns pmessage, pattern, __keyevent@0__:set, key into "set key".
func event(v command.Value) (string, error) {
	if len(v.Elems) != 4 {
		return "", fmt.Errorf("unexpected message %s", cases.Format(v))
	}
	channel, key := v.Elems[2].Str, v.Elems[3].Str
	db, name, ok := strings.Cut(strings.TrimPrefix(channel, "__keyevent@"), "__:")
	if !ok {
		return "", fmt.Errorf("unexpected channel %q", channel)
	}
	if db == "0" {
		return name + " " + key, nil
	}
	return "@" + db + " " + name + " " + key, nil
}
