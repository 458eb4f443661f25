package programs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

// patience is how long anything here may take.
const patience = 4 * time.Minute

// failures is how often the job fails before it succeeds.
func failures(job int) int {
	switch {
	case job%17 == 0:
		return 2
	case job%5 == 0:
		return 1
	}
	return 0
}

// delay is when the job is due.
func delay(job int) time.Duration {
	if job%3 == 0 {
		return time.Duration(job/3%3) * time.Second
	}
	return 0
}

// A ledger counts how often each job ran.
type ledger struct {
	mu   sync.Mutex
	runs []int
	done int
	all  chan struct{} // closed when every job has succeeded once
}

// run counts one more run of the job and reports whether it may succeed.
func (l *ledger) run(job int) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs[job]++
	if l.runs[job] != failures(job)+1 {
		return l.runs[job] > failures(job)
	}
	if l.done++; l.done == len(l.runs) {
		close(l.all)
	}
	return true
}

// Two workers of asynq run every job as often as it fails and once more, none of them early.
func TestAsynq(t *testing.T) {
	n := jobs(t)
	addr := asynq.RedisClientOpt{Addr: serve(t)}
	l := &ledger{runs: make([]int, n), all: make(chan struct{})}
	enqueued := make([]time.Time, n)
	mux := asynq.NewServeMux()
	mux.HandleFunc("job", func(_ context.Context, task *asynq.Task) error {
		job, err := strconv.Atoi(string(task.Payload()))
		if err != nil {
			return err
		}
		// asynq counts in whole seconds.
		if since := time.Since(enqueued[job]); since < delay(job)-time.Second {
			t.Errorf("job %d ran after %v, not %v", job, since, delay(job))
		}
		if !l.run(job) {
			return errors.New("not yet")
		}
		return nil
	})
	client := asynq.NewClient(addr)
	defer client.Close()
	for range 2 {
		s := asynq.NewServer(addr, asynq.Config{
			Concurrency:              20,
			LogLevel:                 asynq.FatalLevel,
			DelayedTaskCheckInterval: 100 * time.Millisecond,
			TaskCheckInterval:        50 * time.Millisecond,
			RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return 100 * time.Millisecond },
		})
		if err := s.Start(mux); err != nil {
			t.Fatal(err)
		}
		defer s.Shutdown()
	}
	for job := range n {
		enqueued[job] = time.Now()
		task := asynq.NewTask("job", []byte(strconv.Itoa(job)))
		if _, err := client.Enqueue(task, asynq.ProcessIn(delay(job)), asynq.MaxRetry(5), asynq.Retention(time.Hour), asynq.TaskID(fmt.Sprint("job-", job))); err != nil {
			t.Fatal(err)
		}
	}
	// The same job again is a conflict, whatever has become of the first.
	if _, err := client.Enqueue(asynq.NewTask("job", []byte("0")), asynq.TaskID("job-0")); !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Error("a job was taken twice:", err)
	}
	select {
	case <-l.all:
	case <-time.After(patience):
		t.Fatalf("%d of %d jobs are done", l.done, n)
	}
	failed := 0
	for job := range n {
		failed += failures(job)
	}
	inspector := asynq.NewInspector(addr)
	defer inspector.Close()
	var q *asynq.QueueInfo
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var err error
		if q, err = inspector.GetQueueInfo("default"); err != nil {
			t.Fatal(err)
		}
		if q.Completed == n {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the queue has %+v", q)
		}
	}
	if q.Size != n || q.Failed != failed || q.Processed != n+failed || q.Pending+q.Active+q.Scheduled+q.Retry+q.Archived != 0 {
		t.Errorf("%d jobs and %d failures, the queue has %+v", n, failed, q)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for job, runs := range l.runs {
		if runs != failures(job)+1 {
			t.Errorf("job %d ran %d times, fails %d", job, runs, failures(job))
		}
	}
}
