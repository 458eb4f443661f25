package config

import (
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/medleydb/medley/datatypes"
)

// Config is the settings of one engine. Its fields may be read at any time from any goroutine.
type Config struct {
	Network
	Process
	Security
	Data
	Observability
	Persistence
	Replication
	Cluster

	rows   []*directive          // immutable after New
	byName map[string]*directive // names and aliases, in lower case; immutable after New
	names  []string              // the keys of byName, sorted

	mu       sync.Mutex // held by whatever changes values, and while hooks run
	hooks    []*hook
	file     string // absolute; "": none
	loaded   loadState
	fileOnly FileOnly
}

type hook struct {
	run  func() error
	rows []*directive
}

// New returns a Config with every value at its default and dir at the working directory.
func New() *Config {
	wd, err := os.Getwd()
	if err != nil {
		wd = "/"
	}
	c := &Config{byName: make(map[string]*directive)}
	var t table
	t.network(&c.Network)
	t.tls(&c.Network)
	t.process(&c.Process, wd)
	t.security(&c.Security)
	t.data(&c.Data)
	t.observability(&c.Observability)
	t.persistence(&c.Persistence)
	t.replication(&c.Replication)
	t.cluster(&c.Cluster)
	c.rows = t.rows
	for _, d := range c.rows {
		for _, name := range append([]string{d.name}, d.aliases...) {
			if c.byName[name] != nil {
				panic("config: two rows for " + name)
			}
			c.byName[name] = d
			c.names = append(c.names, name)
		}
	}
	slices.Sort(c.names)
	return c
}

func (c *Config) lookup(name string) *directive { return c.byName[strings.ToLower(name)] }

// Pair is a directive and its value, as CONFIG GET and CONFIG SET write them.
type Pair struct{ Name, Value string }

// Get returns the directives whose name or alias matches one of the glob patterns, in any case,
// each once and ordered by name within a pattern. A pattern without wildcards names a directive
// exactly, may name a hidden one, and is returned as it is spelled. While a Set runs the values
// may be of before and after it.
func (c *Config) Get(patterns ...string) []Pair {
	var out []Pair
	seen := make(map[string]bool)
	add := func(name, shown string, d *directive) {
		if !seen[name] {
			seen[name] = true
			out = append(out, Pair{shown, d.text()})
		}
	}
	for _, p := range patterns {
		if !strings.ContainsAny(p, "*?[") {
			if d := c.lookup(p); d != nil {
				add(strings.ToLower(p), p, d)
			}
			continue
		}
		for _, name := range c.names {
			if d := c.byName[name]; d.flags&hidden == 0 && datatypes.MatchFold([]byte(p), []byte(name)) {
				add(name, name, d)
			}
		}
	}
	return out
}

// Value returns the value of a directive by name or alias, as CONFIG GET prints it.
func (c *Config) Value(name string) (string, bool) {
	d := c.lookup(name)
	if d == nil {
		return "", false
	}
	return d.text(), true
}

// Sensitive reports whether the value of a directive must be kept out of logs, SLOWLOG and MONITOR.
func (c *Config) Sensitive(name string) bool {
	d := c.lookup(name)
	return d != nil && d.flags&sensitive != 0
}

// OnChange registers a hook that Set runs after it has changed any of the named directives, once
// per Set however many of them changed; it reads the new values from c. An error takes the whole
// Set back and its text is what the client reads. The hook must not call Set, Override, a loader,
// Rewrite or OnChange. Hooks run in the order of their registration. An unknown name panics.
func (c *Config) OnChange(run func() error, names ...string) {
	h := &hook{run: run}
	for _, name := range names {
		d := c.lookup(name)
		if d == nil {
			panic("config: OnChange of the unknown directive " + name)
		}
		h.rows = append(h.rows, d)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks = append(c.hooks, h)
}

// File returns the absolute path of the configuration file, or "".
func (c *Config) File() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.file
}
