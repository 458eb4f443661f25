package diff

import (
	"fmt"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
)

// events are subscribers of the two servers, nil where events are not compared.
type events struct {
	tested, reference cases.Client
	marks             int
}

const eventMark = "diff:mark"

// listen makes both servers publish key events, and subscribes to them.
func (p *pair) listen(s *session) (*events, error) {
	if p.o.Events == "" {
		return nil, nil
	}
	config := []Step{{Args: []string{"CONFIG", "SET", "notify-keyspace-events", p.o.Events}}}
	if _, _, err := s.exchange(config); err != nil {
		return nil, err
	}
	e := &events{}
	for _, to := range []struct {
		target cases.Target
		client *cases.Client
	}{{p.tested, &e.tested}, {p.reference, &e.reference}} {
		c, err := to.target.Dial(2)
		if err != nil {
			e.close()
			return nil, err
		}
		*to.client = c
		for _, args := range [][]string{{"PSUBSCRIBE", "__key*__:*"}, {"SUBSCRIBE", eventMark}} {
			if _, err := c.Do(args...); err != nil {
				e.close()
				return nil, err
			}
		}
	}
	return e, nil
}

func (e *events) close() {
	if e == nil {
		return
	}
	for _, c := range []cases.Client{e.tested, e.reference} {
		if c != nil {
			c.Close()
		}
	}
}

// compare compares what was published since it was called last. A marker that both
// servers publish says where that ends.
func (e *events) compare(d *Difference, s *session) (bool, error) {
	if e == nil {
		return false, nil
	}
	e.marks++
	if _, _, err := s.exchange([]Step{{Args: []string{"PUBLISH", eventMark, strconv.Itoa(e.marks)}}}); err != nil {
		return false, err
	}
	tested, err := take(e.tested)
	if err != nil {
		return false, fmt.Errorf("tested server: %w", err)
	}
	reference, err := take(e.reference)
	if err != nil {
		return false, fmt.Errorf("reference server: %w", err)
	}
	if cases.FormatLine(tested) == cases.FormatLine(reference) {
		return false, nil
	}
	d.Tested, d.Reference, d.Events = tested, reference, true
	return true, nil
}

// take returns what comes before the next marker: channel and message in turn.
func take(c cases.Client) (list command.Value, err error) {
	list.Kind = command.Array
	for {
		v, err := c.Receive()
		switch {
		case err != nil:
			return list, fmt.Errorf("key events: %w", err)
		case len(v.Elems) == 3:
			return list, nil
		case len(v.Elems) != 4:
			return list, fmt.Errorf("key events: %s", cases.Format(v))
		}
		list.Elems = append(list.Elems, v.Elems[2:]...)
	}
}
