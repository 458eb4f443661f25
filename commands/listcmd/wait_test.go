package listcmd_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

const patience = 20 * time.Second

// open returns an engine that is checked when the test ends.
func open(t testing.TB, o commands.Options) *commands.Engine {
	t.Helper()
	e, err := commands.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := e.Store().Waiters(); n != 0 {
			t.Errorf("%d waiters are left", n)
		}
		if err := e.Store().Check(); err != nil {
			t.Error(err)
		}
		e.Close()
	})
	return e
}

// do runs a command on a session of its own, which must not fail.
func do(t testing.TB, e *commands.Engine, args ...any) command.Value {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	v, err := e.Do(ctx, args...)
	if err != nil {
		t.Errorf("%v: %v", args, err)
	}
	return v
}

// start runs a command that is to wait, and returns once it does.
func start(t testing.TB, e *commands.Engine, ctx context.Context, args ...any) <-chan command.Value {
	t.Helper()
	n := e.Store().Waiters()
	out := make(chan command.Value, 1)
	c := e.NewClient()
	go func() {
		defer c.Close()
		v, _ := c.Do(ctx, args...)
		out <- v
	}()
	until(t, func() bool { return e.Store().Waiters() == n+1 })
	return out
}

func until(t testing.TB, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func receive(t testing.TB, from <-chan command.Value) command.Value {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("no reply came")
		return command.Value{}
	}
}

// TestOnePushServesMany protects the order of service: one push with many elements
// serves those who wait in the order in which they came, across several keys.
func TestOnePushServesMany(t *testing.T) {
	e := open(t, commands.Options{})
	const n = 50
	var waiting []<-chan command.Value
	for i := range n {
		keys := []any{"BLPOP", "k", fmt.Sprintf("other%d", i), "0"}
		if i%2 == 0 {
			keys = []any{"BLPOP", fmt.Sprintf("other%d", i), "k", "0"}
		}
		waiting = append(waiting, start(t, e, context.Background(), keys...))
	}
	push := []any{"RPUSH", "k"}
	for i := range n + 3 {
		push = append(push, i)
	}
	do(t, e, push...)
	for i, from := range waiting {
		if v := receive(t, from); len(v.Elems) != 2 || v.Elems[1].Str != fmt.Sprint(i) {
			t.Fatalf("the waiter number %d got %v", i, v)
		}
	}
	if v := do(t, e, "LLEN", "k"); v.Int != 3 {
		t.Errorf("%d elements are left, want 3", v.Int)
	}
}

// TestLongChain protects waiters that wake each other through many shards, in one
// step.
func TestLongChain(t *testing.T) {
	e := open(t, commands.Options{})
	const n = 40
	var waiting []<-chan command.Value
	for i := n; i > 0; i-- {
		waiting = append(waiting, start(t, e, context.Background(), "BLMOVE", fmt.Sprint("k", i), fmt.Sprint("k", i+1), "LEFT", "RIGHT", "0"))
	}
	do(t, e, "RPUSH", "k1", "far")
	for _, from := range waiting {
		if v := receive(t, from); v.Str != "far" {
			t.Fatal(v)
		}
	}
	if v := do(t, e, "LRANGE", fmt.Sprint("k", n+1), "0", "-1"); len(v.Elems) != 1 || v.Elems[0].Str != "far" {
		t.Error(v)
	}
}

// TestClientGoesAway protects the elements from clients that are not there any more.
func TestClientGoesAway(t *testing.T) {
	e := open(t, commands.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	gone := start(t, e, ctx, "BLPOP", "k", "0")
	first := start(t, e, context.Background(), "BLMOVE", "k", "l", "LEFT", "LEFT", "0")
	closed := e.NewClient()
	done := make(chan struct{})
	go func() {
		defer close(done)
		closed.Do(context.Background(), "BRPOP", "k", "x", "0")
	}()
	until(t, func() bool { return e.Store().Waiters() == 3 })
	cancel()
	receive(t, gone)
	do(t, e, "CLIENT", "KILL", "ID", fmt.Sprint(closed.Session().ID))
	<-done
	closed.Close()
	do(t, e, "RPUSH", "k", "a", "b")
	if v := receive(t, first); v.Str != "a" {
		t.Error(v)
	}
	if v := do(t, e, "LRANGE", "k", "0", "-1"); len(v.Elems) != 1 || v.Elems[0].Str != "b" {
		t.Error(v)
	}
}

// TestTimeoutsLoseNothing protects elements whose waiter gives up at the same moment:
// each goes to somebody or stays.
func TestTimeoutsLoseNothing(t *testing.T) {
	e := open(t, commands.Options{})
	const n = 300
	var taken sync.Map
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if v := do(t, e, "BLPOP", "k", "0.001"); len(v.Elems) == 2 {
					if _, twice := taken.LoadOrStore(v.Elems[1].Str, true); twice {
						t.Errorf("%s was given twice", v.Elems[1].Str)
					}
				}
			}
		})
	}
	for i := range n {
		do(t, e, "RPUSH", "k", i)
		time.Sleep(time.Duration(i%7) * 200 * time.Microsecond)
	}
	until(t, func() bool { return do(t, e, "LLEN", "k").Int == 0 })
	close(stop)
	wg.Wait()
	count := 0
	taken.Range(func(any, any) bool { count++; return true })
	if count != n {
		t.Errorf("%d elements of %d were taken", count, n)
	}
}

// TestWorkers protects every element on its way through a line of queues that many
// clients work on at once, in blocks too, with keys in many shards.
func TestWorkers(t *testing.T) {
	e := open(t, commands.Options{})
	const producers, each, stages = 4, 250, 3
	var wg sync.WaitGroup
	for p := range producers {
		c := e.NewClient()
		wg.Go(func() {
			defer c.Close()
			produce(t, c, p, each)
		})
	}
	for s := range stages {
		for w := range 3 {
			wg.Go(func() { carry(t, e, s, w == 0) })
		}
	}
	seen := map[string]bool{}
	last := fmt.Sprint("stage", stages)
	for len(seen) < producers*each {
		v := do(t, e, "BLMPOP", "10", "2", "none", last, "RIGHT", "COUNT", "7")
		if len(v.Elems) != 2 {
			t.Errorf("only %d elements arrived", len(seen))
			break
		}
		for _, elem := range v.Elems[1].Elems {
			if seen[elem.Str] {
				t.Errorf("%s arrived twice", elem.Str)
			}
			seen[elem.Str] = true
		}
	}
	for s := range stages {
		for range 3 {
			do(t, e, "LPUSH", fmt.Sprint("stage", s), "end")
		}
	}
	wg.Wait()
	do(t, e, "DEL", "stage0", "stage1", "stage2", "stage3")
}

// produce pushes n elements to the first stage, some of them in blocks.
func produce(t *testing.T, c *commands.Client, producer, n int) {
	ctx := context.Background()
	for i := range n {
		text := fmt.Sprintf("%d-%d", producer, i)
		if i%5 != 0 {
			c.Do(ctx, "LPUSH", "stage0", text)
			continue
		}
		c.Do(ctx, "MULTI")
		c.Do(ctx, "LPUSH", "stage0", text)
		c.Do(ctx, "LLEN", "stage1")
		if v, err := c.Do(ctx, "EXEC"); err != nil || len(v.Elems) != 2 {
			t.Errorf("EXEC: %v, %v", v, err)
		}
	}
}

// carry moves elements from one stage to the next until it meets the end.
func carry(t *testing.T, e *commands.Engine, stage int, old bool) {
	from, to := fmt.Sprint("stage", stage), fmt.Sprint("stage", stage+1)
	for {
		args := []any{"BLMOVE", from, to, "RIGHT", "LEFT", "5"}
		if old {
			args = []any{"BRPOPLPUSH", from, to, "5"}
		}
		if v := do(t, e, args...); v.Str == "end" || v.IsNull() {
			return
		}
	}
}

// TestEffectsRepeatTheLists protects the journal: playing the effects of a run with
// clients that wait on another engine gives the same lists.
func TestEffectsRepeatTheLists(t *testing.T) {
	j := &replayJournal{other: open(t, commands.Options{})}
	e := open(t, commands.Options{Journal: j})
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			for i := range 300 {
				src, dst := fmt.Sprint("k", (w+i)%5), fmt.Sprint("k", (w*3+i*7)%5)
				switch i % 9 {
				case 0, 1, 2:
					do(t, e, "RPUSH", src, fmt.Sprintf("%d-%d", w, i), i)
				case 3:
					do(t, e, "BLPOP", src, dst, "0.002")
				case 4:
					do(t, e, "BLMOVE", src, dst, "LEFT", "RIGHT", "0.002")
				case 5:
					do(t, e, "BLMPOP", "0.002", "2", src, dst, "RIGHT", "COUNT", "3")
				case 6:
					do(t, e, "BLMOVEM", src, dst, "LEFT", "LEFT", "0.002", "EXACTLY", "3", "BULK")
				case 7:
					do(t, e, "LTRIM", src, "0", "20")
				case 8:
					do(t, e, "LREM", src, "1", i-8)
				}
			}
		})
	}
	wg.Wait()
	j.play(t)
	for k := range 5 {
		a, b := do(t, e, "LRANGE", fmt.Sprint("k", k), "0", "-1"), do(t, j.other, "LRANGE", fmt.Sprint("k", k), "0", "-1")
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("k%d holds %v, and %v after replay", k, a, b)
		}
	}
}

// replayJournal keeps the effects, to be played on another engine.
type replayJournal struct {
	other *commands.Engine
	mu    sync.Mutex
	argvs [][]any
}

func (j *replayJournal) Append(batch []keyspace.Effect) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range batch {
		var argv []any
		for _, a := range e.Args {
			argv = append(argv, string(a))
		}
		j.argvs = append(j.argvs, argv)
	}
	return 0
}

func (j *replayJournal) play(t *testing.T) {
	for _, argv := range j.argvs {
		do(t, j.other, argv...)
	}
}

// TestExactlyInTheMiddle protects a waiter that wants more than there is from being
// lost, and those behind it from waiting for it.
func TestExactlyInTheMiddle(t *testing.T) {
	e := open(t, commands.Options{})
	three := start(t, e, context.Background(), "BLMOVEM", "k", "l", "LEFT", "RIGHT", "0", "EXACTLY", "3", "OBO")
	one := start(t, e, context.Background(), "BLPOP", "k", "0")
	do(t, e, "RPUSH", "k", "a", "b")
	if v := receive(t, one); len(v.Elems) != 2 || v.Elems[1].Str != "a" {
		t.Error(v)
	}
	do(t, e, "RPUSH", "k", "c")
	do(t, e, "LINSERT", "k", "BEFORE", "b", "x")
	if v := receive(t, three); len(v.Elems) != 3 || v.Elems[0].Str != "x" || v.Elems[2].Str != "c" {
		t.Error(v)
	}
}
