package netio

import "testing"

// TestRepliesTakeNoMemory protects who counts what connections take: a reply that is written with
// those of other connections has not waited, so nobody is told that more is buffered.
func TestRepliesTakeNoMemory(t *testing.T) {
	r := newRelay()
	s, err := NewEpoll(r, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, s)()
	for range 10 {
		send(t, c, "more")
		expect(t, c, "more ")
	}
	if n := r.grown.Load(); n != 0 {
		t.Errorf("told %d times that more is buffered", n)
	}
}
