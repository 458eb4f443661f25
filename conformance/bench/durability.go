package bench

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"
)

// # What it costs to keep data
//
// Snapshots are written of servers that hold many small keys: while nobody writes, while some
// connections overwrite the keys as fast as they can, and on a slow disk. Medley must not take
// much memory for them, nor make others wait. Files are loaded, and writes are counted with
// the append-only file and without.
//
// A slow disk is one that is not there for the system: for Medley the layer through which it writes
// files waits as long as such a disk would take, in a process that is otherwise the same, and
// other servers are told to sleep between keys as they save.

// slowBytesPerSec is what a slow disk takes.
const slowBytesPerSec = 20 << 20

// Durability compares what it costs to keep data on disk, and says which targets are met. The
// files lie in the system's folder for temporary ones.
func Durability(o Options) error {
	o.defaults()
	if o.Keys == 0 {
		o.Keys = 5_000_000
	}
	programs := binaries(o)
	if len(programs) == 1 {
		fmt.Fprintln(o.Out, "no peers found: Medley alone")
	}
	t := &targets{out: o.Out}
	t.head(programs)
	for _, part := range []struct {
		name string
		run  func(Options, []Program, *targets) error
	}{{"save", compareSaves}, {"slow", compareSlow}, {"journal", compareJournals}} {
		if len(o.Only) > 0 && !slices.Contains(o.Only, part.name) {
			continue
		}
		if err := part.run(o, programs, t); err != nil {
			return err
		}
	}
	return nil
}

// targets prints figures of all servers, Medley's first, and whether what is wanted of them is so.
type targets struct{ out io.Writer }

func (t *targets) head(programs []Program) {
	fmt.Fprintf(t.out, "%-36s", "durability")
	for _, p := range programs {
		fmt.Fprintf(t.out, " | %10s", p.Name)
	}
	fmt.Fprintln(t.out, " | target")
}

// A want is what is wanted of Medley's figure.
type want struct {
	what  string
	is    func(figures []float64) float64
	most  float64 // or
	least float64
}

func ownFigure(figures []float64) float64 { return figures[0] }

// ofPeer is Medley's figure as part of its first peer's.
func ofPeer(figures []float64) float64 { return figures[0] / figures[1] }

// print prints one figure of each server; w may be nil.
func (t *targets) print(name, format string, figures []float64, w *want) {
	fmt.Fprintf(t.out, "%-36s", name)
	for _, f := range figures {
		fmt.Fprintf(t.out, " | %10s", fmt.Sprintf(format, f))
	}
	if w != nil && (len(figures) > 1 || w.what != peerPart) {
		is, sign, limit, met := w.is(figures), "<=", w.most, "met"
		if w.least > 0 {
			sign, limit = ">=", w.least
		}
		if w.least > 0 && is < w.least || w.least == 0 && is > w.most {
			met = "missed"
		}
		fmt.Fprintf(t.out, " | %s %.2f %s %.2f: %s", w.what, is, sign, limit, met)
	}
	fmt.Fprintln(t.out)
}

const peerPart = "of the peer's"

func atMost(limit float64) *want        { return &want{what: "it is", is: ownFigure, most: limit} }
func atMostOfPeer(limit float64) *want  { return &want{what: peerPart, is: ofPeer, most: limit} }
func atLeast(limit float64) *want       { return &want{what: "it is", is: ownFigure, least: limit} }
func atLeastOfPeer(limit float64) *want { return &want{what: peerPart, is: ofPeer, least: limit} }

// medians returns the median round of each server.
func medians(rounds [][]float64) []float64 {
	list := make([]float64, len(rounds))
	for i, r := range rounds {
		list[i] = median(r, func(f float64) float64 { return f })
	}
	return list
}

// saved are the figures of one server, a round each.
type saved struct {
	idle, idleCPU     []float64 // seconds
	loaded, loadedCPU []float64 // seconds
	quiet, during     []float64 // milliseconds, 99th percentile
	late              []float64 // during as so many times quiet
	busy              []float64 // seconds
	memory            []float64 // growth in percent
	rate, slowed      []float64 // thousand writes a second, without and during the save
}

func column(list []saved, get func(saved) []float64) [][]float64 {
	all := make([][]float64, len(list))
	for i, s := range list {
		all[i] = get(s)
	}
	return all
}

func fillFor(o Options) load {
	return load{fillN: o.Keys, fill: func(i int) []string { return []string{"SET", key(i), storedValue(i, 0)} }}
}

func compareSaves(o Options, programs []Program, t *targets) error {
	servers, err := startAll(programs)
	defer stopAll(servers)
	if err != nil {
		return err
	}
	list := make([]saved, len(servers))
	for _, r := range servers {
		if err := r.prepare(fillFor(o)); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	for range o.Rounds {
		for i, r := range servers {
			if err := r.saveRound(o, &list[i]); err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
		}
	}
	show := func(name, format string, w *want, get func(saved) []float64) {
		t.print(name, format, medians(column(list, get)), w)
	}
	show("save, nobody writes: s", "%.2f", atMostOfPeer(1.2), func(s saved) []float64 { return s.idle })
	show("  processor time: s", "%.2f", nil, func(s saved) []float64 { return s.idleCPU })
	show("load of the file: s", "%.2f", atMostOfPeer(1), func(s saved) []float64 { return s.loaded })
	show("  processor time: s", "%.2f", nil, func(s saved) []float64 { return s.loadedCPU })
	show("save under writes: s", "%.2f", atMostOfPeer(1.2), func(s saved) []float64 { return s.busy })
	show("  more memory: %", "%.1f", atMost(10), func(s saved) []float64 { return s.memory })
	show("  thousand writes a second before", "%.0f", nil, func(s saved) []float64 { return s.rate })
	show("  during", "%.0f", nil, func(s saved) []float64 { return s.slowed })
	show("  p99 of a probe before: ms", "%.2f", nil, func(s saved) []float64 { return s.quiet })
	show("  during", "%.2f", nil, func(s saved) []float64 { return s.during })
	show("  times as long", "%.2f", atMost(2), func(s saved) []float64 { return s.late })
	return nil
}

// saveRound saves and loads while nobody writes, and saves under writes.
func (r *Running) saveRound(o Options, s *saved) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	took, err := r.save()
	if err != nil {
		return err
	}
	after, err := r.cpu()
	if err != nil {
		return err
	}
	s.idle, s.idleCPU = append(s.idle, took.Seconds()), append(s.idleCPU, (after-before).Seconds())
	took, cpu, err := r.restart(o.Keys)
	if err != nil {
		return err
	}
	s.loaded, s.loadedCPU = append(s.loaded, took.Seconds()), append(s.loadedCPU, cpu.Seconds())
	return r.saveUnderWrites(o, s)
}

func (r *Running) saveUnderWrites(o Options, s *saved) (err error) {
	w := r.write(o.Keys)
	defer func() {
		if end := w.end(); err == nil {
			err = end
		}
	}()
	time.Sleep(o.Time) // in which memory reaches what it takes under writes
	w.take()
	start := time.Now()
	time.Sleep(2 * o.Time)
	quiet, writes := w.take()
	rate := float64(writes) / time.Since(start).Seconds()
	p, err := r.watch()
	if err != nil {
		return err
	}
	took, err := r.save()
	during, writes := w.take()
	grown, watching := p.end()
	if err != nil {
		return err
	}
	if watching != nil {
		return watching
	}
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	s.busy, s.memory = append(s.busy, took.Seconds()), append(s.memory, 100*grown)
	s.quiet, s.during, s.late = append(s.quiet, ms(quiet)), append(s.during, ms(during)), append(s.late, ms(during)/ms(quiet))
	s.rate, s.slowed = append(s.rate, rate/1e3), append(s.slowed, float64(writes)/took.Seconds()/1e3)
	return nil
}

// compareSlow saves to a slow disk. Medley's is one of its own layer; others are told to pause
// between keys, so that their file grows as fast.
func compareSlow(o Options, programs []Program, t *targets) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	list := make([]saved, len(programs))
	for i, p := range programs {
		if i == 0 {
			p = slowMedley(self, slowBytesPerSec)
		}
		if err := saveSlowly(o, p, i > 0, &list[i]); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	show := func(name, format string, w *want, get func(saved) []float64) {
		t.print(name, format, medians(column(list, get)), w)
	}
	show("save to a slow disk under writes: s", "%.1f", nil, func(s saved) []float64 { return s.busy })
	show("  more memory: %", "%.1f", atMost(10), func(s saved) []float64 { return s.memory })
	show("  thousand writes a second before", "%.0f", nil, func(s saved) []float64 { return s.rate })
	show("  during", "%.0f", nil, func(s saved) []float64 { return s.slowed })
	show("  p99 of a probe before: ms", "%.2f", nil, func(s saved) []float64 { return s.quiet })
	show("  during", "%.2f", nil, func(s saved) []float64 { return s.during })
	return nil
}

// sleepMicroseconds is how long a sleep of a microsecond takes.
const sleepMicroseconds = 58

func saveSlowly(o Options, p Program, pause bool, s *saved) error {
	r, err := p.Start()
	if err != nil {
		return err
	}
	defer r.Stop()
	if err := r.prepare(fillFor(o)); err != nil {
		return err
	}
	if pause {
		// Of so many keys one is followed by a sleep.
		const keyBytes = 84
		every := sleepMicroseconds * slowBytesPerSec / (keyBytes * 1_000_000)
		if _, err := r.ask("CONFIG", "SET", "rdb-key-save-delay", strconv.Itoa(-every)); err != nil {
			return err
		}
	}
	return r.saveUnderWrites(o, s)
}

// Settings of the append-only file that are compared.
var journalSettings = []string{"no", "everysec", "always"}

// compareJournals counts writes with each setting.
func compareJournals(o Options, programs []Program, t *targets) error {
	var servers [][]*Running // by setting
	for _, setting := range journalSettings {
		var list []*Running
		for _, p := range programs {
			options := []string{"--appendonly", "yes", "--appendfsync", setting, "--auto-aof-rewrite-percentage", "0"}
			if setting == "no" {
				options = []string{"--appendonly", "no"}
			}
			r, err := p.Start(options...)
			if err != nil {
				stopAll(list)
				return err
			}
			list = append(list, r)
		}
		defer stopAll(list)
		servers = append(servers, list)
	}
	value := storedValue(0, 0)
	l := load{name: "SET", fill: func(i int) []string { return []string{"SET", key(i), value} }, fillN: keySpace,
		next: func(r *rand.Rand) []string { return []string{"SET", key(r.IntN(keySpace)), value} }}
	for _, list := range servers {
		for _, r := range list {
			if err := r.prepare(l); err != nil {
				return err
			}
		}
	}
	for _, pipeline := range []int{1, 16} {
		if err := compareJournal(o, servers, l, pipeline, t); err != nil {
			return err
		}
	}
	return nil
}

func compareJournal(o Options, servers [][]*Running, l load, pipeline int, t *targets) error {
	n := len(servers[0])
	rates, cpus := make([][][]float64, len(servers)), make([][][]float64, len(servers)) // by setting, server, round
	for i := range rates {
		rates[i], cpus[i] = make([][]float64, n), make([][]float64, n)
	}
	for range o.Rounds {
		for i, list := range servers {
			for j, r := range list {
				x, err := r.measure(l, pipeline, o.Time)
				if err != nil {
					return fmt.Errorf("%s: %w", r.Name, err)
				}
				rates[i][j], cpus[i][j] = append(rates[i][j], x.rate/1e3), append(cpus[i][j], float64(x.cpu)/1e3)
			}
		}
	}
	of := make([][]float64, n) // everysec's part of no
	for j := range of {
		for k := range o.Rounds {
			of[j] = append(of[j], rates[1][j][k]/rates[0][j][k])
		}
	}
	for i, setting := range journalSettings {
		name := fmt.Sprintf("pipeline %d, %s: thousand SET/s", pipeline, setting)
		var w *want
		if setting == "always" {
			w = atLeastOfPeer(1)
		}
		t.print(name, "%.1f", medians(rates[i]), w)
		t.print("  processor time of one: us", "%.2f", medians(cpus[i]), nil)
		if setting == "everysec" {
			t.print("  part of that without", "%.2f", medians(of), atLeast(0.9))
		}
	}
	return nil
}
