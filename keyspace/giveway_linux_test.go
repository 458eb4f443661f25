package keyspace

import (
	"syscall"
	"testing"
)

// TestSnapshotGivesWay protects clients from a snapshot that wants their processors: what it
// writes comes from a thread of lower priority, and the caller's keeps its own.
func TestSnapshotGivesWay(t *testing.T) {
	nice := func() int {
		n, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
		if err != nil {
			t.Error(err)
		}
		return 20 - n // the system tells it so
	}
	m := newModel(t, 1)
	for range 100 {
		m.step()
	}
	own, writing := nice(), -1
	o := snapshotOf(nil, func(int, string, string, int64) { writing = nice() })
	if err := m.s.Snapshot(o); err != nil {
		t.Fatal(err)
	}
	if writing != max(own, niceness) || nice() != own {
		t.Errorf("niceness %d while it writes, %d before, %d after", writing, own, nice())
	}
}
