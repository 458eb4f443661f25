package commands

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/migrate"
	"github.com/medleydb/medley/commands/persistence"
	"github.com/medleydb/medley/commands/replication"
	"github.com/medleydb/medley/commands/scriptcmd"
	"github.com/medleydb/medley/commands/slowlog"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/disk"
)

// Options configure an engine; the zero value gives the defaults.
type Options struct {
	Shards    int                 // a power of two; default 64
	Databases int                 // default 16
	Now       func() time.Time    // default time.Now
	Seed      uint64              // of random choices; default random
	Config    *config.Config      // default config.New()
	Observer  keyspace.Observer   // of key events, beside subscribers
	Observed  keyspace.EventClass // that Observer is told of; default none
	Journal   keyspace.Journal    // where effects go; default none
	Commands  []*command.Spec     // of the program's own, beside Medley's
	Gate      *Gate               // of the journal, where replies must wait for it
	Log       *slog.Logger        // default none
	// Files says that the data is kept in files, in the folder that the setting dir
	// names; Open loads them.
	Files bool
	// Disk is where the files are written; default the operating system's.
	Disk disk.System
	// LoadLater leaves it to the program to call Load: until that has returned, commands are
	// refused.
	LoadLater bool
	// NoCron leaves out background work (expiry, compaction): tests do it by Tick.
	NoCron bool
}

// An Engine executes commands on one store. It is safe for concurrent use, and a
// program may open any number.
type Engine struct {
	svc        *command.Services
	clock      clock
	executors  sync.Pool
	doers      sync.Pool // of clients for Do
	timers     *timers
	gate       *Gate
	notifier   *notifier
	histograms atomic.Bool
	maxMemory  atomic.Int64
	eviction   atomic.Pointer[evictionPolicy]
	stop       chan struct{}
	done       sync.WaitGroup
	closed     atomic.Bool
	sweepFrom  int
	ticks      int
	weighs     atomic.Bool // clients' memory is limited
	recount    atomic.Bool // maxMemory has changed
	clientsMu  sync.Mutex  // of evictClients
	ending     atomic.Bool // Grew's goroutine runs
	pingedMs   int64       // when replicas were last told that the server is there
	peakHeld   int         // bytes, since memory was last given back
}

// Open returns a running engine.
func Open(o Options) (*Engine, error) {
	store, err := keyspace.Open(keyspace.Options{Shards: o.Shards, Databases: o.Databases, Now: o.Now, Seed: o.Seed})
	if err != nil {
		return nil, err
	}
	store.SetReaper(reap)
	store.ReapWhenMet(hide, datatypes.Set, datatypes.ZSet)
	table := command.NewTable(append(allSpecs(), o.Commands...))
	e := &Engine{clock: clock{base: time.Now(), custom: o.Now}, gate: o.Gate, stop: make(chan struct{})}
	e.clock.resync()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Config == nil {
		o.Config = config.New()
	}
	e.svc = &command.Services{
		Store: store, Config: o.Config, Table: table, Clients: command.NewClients(), Stats: command.NewStats(table.Len()),
		Rates: &command.Rates{}, Monitor: slowlog.NewMonitor(),
		Pause: &command.Pause{}, Hub: command.NewHub(), Targets: &migrate.Pool{}, Feed: &command.Feed{}, Log: o.Log, RunID: randomHex(40), Unblock: e.unblock, Kill: e.kill,
		Users: command.Password(o.Config.Requirepass.Load), ImportMode: o.Config.ImportMode.Load,
	}
	e.svc.Tracking = command.NewTracking(store, e.svc.Clients, o.Config.TrackingTableMaxKeys.Load)
	store.SetInvalidator(e.svc.Tracking)
	scripts := scriptcmd.New(table, store, o.Config)
	store.SetPatience(scripts)
	e.svc.Scripting = scripts
	e.svc.StartMs = e.NowMs()
	replID := randomHex(40)
	e.svc.ReplID.Store(&replID)
	e.svc.ActiveExpire.Store(true)
	e.notifier = &notifier{hub: e.svc.Hub, own: o.Observer, classes: o.Observed}
	store.SetObserver(e.notifier)
	store.SetSubkeyObserver(e.notifier.subkeyEvent)
	if o.Journal != nil {
		store.SetJournal(o.Journal)
	}
	if e.gate == nil {
		e.gate = &Gate{}
	}
	e.eviction.Store(&evictionPolicy{})
	e.followConfig()
	if o.Files {
		e.svc.Files = persistence.New(persistence.Options{Store: store, Config: o.Config, Log: o.Log, NowMs: e.NowMs, Version: command.CompatVersion, Disk: o.Disk, Libraries: scripts,
			JournalOptions: persistence.JournalOptions{Also: o.Journal, Durable: e.durable, Replay: e.replay}})
		e.svc.Files.BeginLoad()
		e.svc.Primary = replication.New(replication.Options{Config: o.Config, Log: o.Log, NowMs: e.NowMs,
			Snapshot: e.svc.Files.Snapshot, Attach: e.svc.Files.Attach, ID: func() string { return *e.svc.ReplID.Load() }})
	}
	e.executors.New = func() any { return e.newExecutor() }
	e.doers.New = func() any { return e.localClient(false) }
	e.timers = newTimers(e)
	e.background(!o.NoCron)
	if o.Files && !o.LoadLater {
		if err := e.Load(); err != nil {
			return nil, errors.Join(err, e.Close())
		}
	}
	return e, nil
}

// Load loads the data from its files, in an engine that was opened with LoadLater.
func (e *Engine) Load() error { return e.svc.Files.Load() }

func randomHex(n int) string {
	b := make([]byte, n/2)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func (e *Engine) background(cron bool) {
	e.done.Add(1)
	go func() {
		defer e.done.Done()
		e.timers.run(e.stop)
	}()
	if !cron {
		return
	}
	e.done.Add(1)
	go func() {
		defer e.done.Done()
		e.cron()
	}()
}

// Services returns what the engine's commands share.
func (e *Engine) Services() *command.Services { return e.svc }

// Store returns the keyspace.
func (e *Engine) Store() *keyspace.Store { return e.svc.Store }

// Gate returns the gate at which replies wait for the journal.
func (e *Engine) Gate() *Gate { return e.gate }

// Await calls fn once the journal has reached the offset, at once when it has already. fn must not
// block; Await may, for the time that the disk takes.
func (e *Engine) Await(offset int64, fn func()) {
	e.svc.Files.Commit()
	e.gate.Notify(offset, fn)
}

// NowMs returns the engine's time in Unix milliseconds.
func (e *Engine) NowMs() int64 { return e.clock.ms(e.clock.ns()) }

// Close ends background work. Commands must have ended. Where the data is kept in files, what a
// save point would have saved is saved.
func (e *Engine) Close() error { return e.close(len(e.svc.Config.Save.Load()) > 0) }

// CloseWith is Close that saves the data, or does not, whatever the save points are.
func (e *Engine) CloseWith(save bool) error { return e.close(save) }

func (e *Engine) close(save bool) error {
	if e.closed.Swap(true) {
		return nil
	}
	close(e.stop)
	e.done.Wait()
	e.svc.Targets.Close()
	return e.svc.Files.Close(save && !e.svc.Files.Loading())
}

// NewSession registers a session for the peer.
func (e *Engine) NewSession(p command.Peer) *command.Session {
	s := command.NewSession(e.svc.Clients.NextID(), p, e.NowMs())
	s.Authed = !e.svc.Users.Required()
	e.svc.Clients.Add(s)
	return s
}

// EndSession ends the session's wait, releases what it watches and forgets it.
func (e *Engine) EndSession(s *command.Session) {
	if p := s.Parked(); p != nil {
		e.svc.Store.Cancel(p.Waiter)
		e.timers.remove(p)
	}
	e.svc.Pause.Forget(s)
	e.svc.Hub.Leave(s)
	e.svc.Tracking.Stop(s)
	e.svc.Feed.Stop(s)
	if s.Replica != nil {
		s.Replica.End()
	}
	x := e.Acquire()
	x.unwatch(s)
	x.Release()
	e.svc.Clients.Remove(s)
}

const (
	cronPeriod  = 100 * time.Millisecond
	sweepBudget = 256 // keys per shard and hold of its lock
	moveBudget  = 128 // records likewise
	cronSlice   = 10 * time.Millisecond
)

// cron does the engine's background work in small steps.
func (e *Engine) cron() {
	tick := time.NewTicker(cronPeriod)
	defer tick.Stop()
	tx := e.svc.Store.NewTx()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
			e.tick(tx)
		}
	}
}

func (e *Engine) tick(tx *keyspace.Tx) {
	e.ticks++
	e.clock.resync()
	now := e.NowMs()
	e.svc.Pause.Tick(now)
	e.sample(tx, now)
	if e.svc.CronPaused.Load() || e.svc.Files.Loading() {
		return
	}
	e.svc.Files.Tick()
	e.svc.Tracking.Shrink()
	e.svc.Targets.Tick(time.Now())
	if p := e.svc.Primary; p != nil && now-e.pingedMs >= e.svc.Config.ReplPingReplicaPeriod.Load()*1000 {
		e.pingedMs = now
		p.Ping()
	}
	end := time.Now().Add(cronSlice)
	if e.svc.ActiveExpire.Load() && e.svc.Pause.Kind() == command.PauseNone && !e.svc.Importing() {
		e.sweep(tx, now, end)
	}
	e.evict(tx, now, end)
	e.compact(end)
	e.returnMemory()
}

// sweep removes expired keys until none is due or the slice ends; the next tick
// goes on behind the last shard.
func (e *Engine) sweep(tx *keyspace.Tx, nowMs int64, end time.Time) {
	store := e.svc.Store
	start := time.Now()
	defer func() {
		took := time.Since(start)
		e.svc.Stats.ExpireCycleNs.Add(int64(took))
		e.svc.Monitor.Event("expire-cycle", time.UnixMilli(nowMs), took)
	}()
	for range store.Shards() {
		shard := e.sweepFrom & (store.Shards() - 1)
		for store.NextExpiry(shard) <= nowMs {
			tx.Begin(nowMs)
			if !tx.Sweep(shard, sweepBudget) {
				break
			}
			if time.Now().After(end) {
				return
			}
		}
		e.sweepFrom++
	}
}

func (e *Engine) compact(end time.Time) {
	for shard := range e.svc.Store.Shards() {
		for e.svc.Store.Compact(shard, moveBudget) {
			if time.Now().After(end) {
				return
			}
		}
	}
}

const (
	returnPeriod = 20       // ticks
	returnLeast  = 16 << 20 // bytes
)

// returnMemory gives memory back to the system once what the store holds has become
// an eighth smaller: the collector alone would leave it until the heap grows again.
func (e *Engine) returnMemory() {
	if e.ticks%returnPeriod != 0 {
		return
	}
	held := e.svc.Store.Memory().Allocated
	e.peakHeld = max(e.peakHeld, held)
	if less := e.peakHeld - held; less > returnLeast && less > e.peakHeld/8 {
		e.peakHeld = held
		debug.FreeOSMemory()
	}
}

type evictionPolicy struct {
	evicts   bool
	order    keyspace.EvictionOrder
	volatile bool
	samples  int
}

// SetMaxMemory sets the limit of the bytes that keys and values may take, 0 for
// none, and what is done at the limit.
func (e *Engine) SetMaxMemory(bytes int64, evict bool, order keyspace.EvictionOrder, volatile bool, samples int) {
	e.eviction.Store(&evictionPolicy{evict, order, volatile, samples})
	e.svc.Store.SetUsedStep(bytes)
	e.maxMemory.Store(bytes)
	e.recount.Store(bytes > 0)
}

// evict brings memory below its limit though no command asks for it: the limit may have
// been set just now.
func (e *Engine) evict(tx *keyspace.Tx, nowMs int64, end time.Time) {
	limit, p := e.maxMemory.Load(), e.eviction.Load()
	if limit == 0 || !p.evicts || e.svc.Importing() || e.svc.Pause.Kind() != command.PauseNone {
		return
	}
	for e.used() > limit && time.Now().Before(end) {
		tx.Begin(nowMs)
		if !tx.Evict(p.order, p.volatile, p.samples) {
			return
		}
	}
}

// used returns the bytes that keys, values, scripts and functions occupy, and clients. Clients
// are weighed at each tick and when more waits in their buffers, or always where their memory has
// a limit: a reply or a message that is sent at once is no reason to evict keys, least of all one
// that tells of an evicted key. The caller holds no locks.
func (e *Engine) used() int64 {
	if e.recount.Load() && e.recount.CompareAndSwap(true, false) {
		e.svc.Store.Tell()
		e.svc.Clients.Each(e.note)
	}
	f := e.svc.Scripting.Figures()
	return e.svc.Store.Used() + f.Memory() + e.svc.Clients.Taken()
}

// makeRoom evicts keys until memory is below its limit; false when it cannot.
func (e *Engine) makeRoom(x *Executor) bool {
	if e.svc.Pause.Kind() != command.PauseNone {
		return true // keys stay as they are, and what would add some is held
	}
	limit, p := e.maxMemory.Load(), e.eviction.Load()
	for e.used() > limit {
		if !p.evicts || e.svc.Importing() {
			return false
		}
		x.tx.Begin(e.clock.ms(x.ns))
		if !x.tx.Evict(p.order, p.volatile, p.samples) {
			return false
		}
	}
	return true
}
