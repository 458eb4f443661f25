package servercmd

import (
	"slices"
	"strconv"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

var info = command.Spec{
	Name: "info", Group: command.GroupServer, Since: "1.0.0", Arity: -1,
	Summary: "Reports on the server in sections.", Syntax: "[section [section ...]]", Complexity: "O(1)",
	Flags: anyTime | command.Sentinel, Categories: []string{"dangerous"},
	Tips:  []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Scope: command.ScopeAllInMulti,
	Run:   runInfo,
}

// A section is a part of INFO.
type section struct {
	name, title string
	standard    bool // shown when no section is named
	write       func(*report)
}

// infoSections returns the sections in their order; ALL and EVERYTHING show all.
func infoSections() []section {
	return []section{
		{"server", "Server", true, (*report).server},
		{"clients", "Clients", true, (*report).clients},
		{"memory", "Memory", true, (*report).memory},
		{"persistence", "Persistence", true, (*report).persistence},
		{"stats", "Stats", true, (*report).stats},
		{"replication", "Replication", true, (*report).replication},
		{"cpu", "CPU", true, (*report).cpu},
		{"modules", "Modules", true, func(*report) {}},
		{"commandstats", "Commandstats", false, (*report).commandStats},
		{"errorstats", "Errorstats", true, (*report).errorStats},
		{"latencystats", "Latencystats", false, (*report).latencyStats},
		{"tls", "TLS", false, (*report).tls},
		{"cluster", "Cluster", true, (*report).cluster},
		{"keyspace", "Keyspace", true, (*report).keyspace},
		{keySizes, "Keysizes", false, (*report).keySizes},
		{"medley", "Medley", true, (*report).medley},
	}
}

func runInfo(c *command.Context) error {
	wanted := map[string]bool{}
	for _, a := range c.Args.Rest() {
		wanted[strings.ToLower(string(a))] = true
	}

	r := report{c: c, svc: c.Services}
	everything := wanted["everything"] || wanted["all"]
	standard := len(wanted) == 0 || wanted["default"]
	for _, s := range infoSections() {
		if wanted[s.name] || standard && s.standard || everything && s.name != keySizes && (s.name != "modules" || wanted["everything"]) {
			r.begin(s.title)
			s.write(&r)
		}
	}

	c.Reply.Verbatim("txt", string(r.text))
	return nil
}

// A report is the text of INFO while it is written. Figures that several sections
// show are read once.
type report struct {
	c      *command.Context
	svc    *command.Services
	text   []byte
	held   *keyspace.Memory
	counts *keyspace.Stats
	peers  *peerTotals
}

func (r *report) begin(title string) {
	if len(r.text) > 0 {
		r.text = append(r.text, "\r\n"...)
	}
	r.text = append(append(append(r.text, "# "...), title...), "\r\n"...)
}

func (r *report) str(name, value string) {
	r.text = append(append(append(append(r.text, name...), ':'), value...), "\r\n"...)
}

func (r *report) num(name string, n int64) { r.str(name, strconv.FormatInt(n, 10)) }

func (r *report) flag(name string, on bool) {
	if on {
		r.num(name, 1)
		return
	}
	r.num(name, 0)
}

// fixed writes a number with so many decimals.
func (r *report) fixed(name string, f float64, decimals int) {
	r.str(name, strconv.FormatFloat(f, 'f', decimals, 64))
}

// bytes writes a number of bytes twice, the second time for people.
func (r *report) bytes(name string, n int64) {
	r.num(name, n)
	r.str(name+"_human", humanBytes(n))
}

// zeros writes fields whose figure is 0 here: what they count does not happen.
func (r *report) zeros(names ...string) {
	for _, n := range names {
		r.num(n, 0)
	}
}

func humanBytes(n int64) string {
	units := "BKMGTP"
	f, u := float64(n), 0
	for f >= 1024 && u < len(units)-1 {
		f /= 1024
		u++
	}
	if u == 0 {
		return strconv.FormatInt(n, 10) + "B"
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + units[u:u+1]
}

func (r *report) store() *keyspace.Memory {
	if r.held == nil {
		m := r.c.Tx.Memory()
		r.held = &m
	}
	return r.held
}

func (r *report) counters() *keyspace.Stats {
	if r.counts == nil {
		s := r.c.Tx.Counters()
		r.counts = &s
	}
	return r.counts
}

// peerTotals are sums over the clients.
type peerTotals struct {
	clients, blocked, watching, timeouts int
	subscribed                           int
	buffers                              int64 // bytes that clients take
	maxIn, maxOut                        int
	bytesIn, bytesOut                    int64
}

func totals(svc *command.Services) *peerTotals {
	t := &peerTotals{}
	svc.Clients.Each(func(s *command.Session) {
		t.clients++
		if s.Flag(command.Blocked) { // for a key, or until a pause ends
			t.blocked++
		}
		if p := s.Parked(); p != nil && p.DeadlineMs > 0 {
			t.timeouts++
		}
		if s.Flag(command.Subscribed) {
			t.subscribed++
		}
		if s.Watching() > 0 {
			t.watching++
		}
		p := s.Peer.Stats()
		t.buffers += s.Memory(p)
		t.maxIn, t.maxOut = max(t.maxIn, p.QueryBuffer), max(t.maxOut, p.OutputBuffer)
		t.bytesIn += p.BytesIn
		t.bytesOut += p.BytesOut
	})
	return t
}

func (r *report) totals() *peerTotals {
	if r.peers == nil {
		r.peers = totals(r.svc)
	}
	return r.peers
}

// specsByUse returns every command and subcommand that was called or refused, by name.
func specsByUse(svc *command.Services, used func(command.CommandTotals) bool, fn func(*command.Spec, command.CommandTotals)) {
	var list []*command.Spec
	for _, s := range svc.Table.All() {
		list = append(append(list, s), s.Subs...)
	}
	slices.SortFunc(list, func(a, b *command.Spec) int { return strings.Compare(a.FullName, b.FullName) })
	for _, s := range list {
		if t := svc.Stats.Command(s); used(t) {
			fn(s, t)
		}
	}
}
