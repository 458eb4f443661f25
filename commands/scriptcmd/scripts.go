package scriptcmd

import (
	"container/list"
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"sync"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
	"github.com/medleydb/medley/keyspace"
)

const shaLen = 40

// errNoScript is the error of a digest that no script has.
const errNoScript = command.ReplyError("NOSCRIPT No matching script. Please use EVAL.")

const (
	// userScript is what errors call a script.
	userScript = "user_script"
	// maxEvaluated is how many scripts are kept that were given to EVAL only.
	maxEvaluated = 500
)

// Scripts are the scripts and functions of an engine. It implements command.Scripting, and is
// safe for concurrent use.
type Scripts struct {
	table *command.Table
	rt    *lua.Runtime

	mu      sync.RWMutex
	known   map[string]*Script // by digest in lower case
	byText  map[string]*Script // the same
	recent  list.List          // digests that were given to EVAL only, the latest first
	bytes   int64              // of all texts
	evicted int64

	functionRT *lua.Runtime
	libraries  libraries
	busy       busy
}

// A Script is a compiled script. But for its place among the recent ones it never changes.
type Script struct {
	sha       string
	text      string
	chunk     *lua.Chunk
	flags     flags
	shebang   bool          // the script tells its flags
	contained bool          // it touches no keys but those in KEYS
	place     *list.Element // in Scripts.recent; nil for one that was loaded
}

// New returns the scripts of an engine with the commands of the table. cfg tells when a script
// has run for long.
func New(table *command.Table, store *keyspace.Store, cfg *config.Config) *Scripts {
	s := &Scripts{table: table, busy: busy{store: store, limitMs: cfg.BusyReplyThreshold.Load}, known: map[string]*Script{}, byText: map[string]*Script{}}
	s.rt = lua.NewRuntime(s.apiLibraries(false)...)
	s.functionRT = lua.NewRuntime(s.apiLibraries(true)...)
	s.libraries.init(s.functionRT)
	return s
}

func scriptsOf(c *command.Context) *Scripts { return c.Services.Scripting.(*Scripts) }

// find returns the script with the digest, or nil.
func (s *Scripts) find(sha []byte) *Script {
	if len(sha) != shaLen {
		return nil
	}
	s.mu.RLock()
	sc := s.known[string(sha)]
	s.mu.RUnlock()
	if sc == nil {
		s.mu.RLock()
		sc = s.known[strings.ToLower(string(sha))]
		s.mu.RUnlock()
	}
	return sc
}

// prepare returns the script with the text, which is compiled and kept if it is new.
func (s *Scripts) prepare(text []byte, load bool) (*Script, error) {
	s.mu.RLock()
	sc := s.byText[string(text)]
	s.mu.RUnlock()
	if sc == nil {
		var err error
		if sc, err = s.compile(string(text)); err != nil {
			return nil, err
		}
	} else if !load && sc.place == nil {
		return sc, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if have := s.known[sc.sha]; have != nil {
		sc = have
	} else {
		s.known[sc.sha], s.byText[sc.text] = sc, sc
		s.bytes += int64(len(sc.text))
		sc.place = s.recent.PushFront(sc)
	}
	switch {
	case sc.place == nil:
	case load:
		s.recent.Remove(sc.place)
		sc.place = nil
	default:
		s.recent.MoveToFront(sc.place)
	}
	if s.recent.Len() > maxEvaluated {
		s.forget(s.recent.Back().Value.(*Script))
		s.evicted++
	}
	return sc, nil
}

// forget drops a script; the lock is held.
func (s *Scripts) forget(sc *Script) {
	delete(s.known, sc.sha)
	delete(s.byText, sc.text)
	s.bytes -= int64(len(sc.text))
	if sc.place != nil {
		s.recent.Remove(sc.place)
	}
}

// flush forgets all scripts.
func (s *Scripts) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.byText, s.bytes = map[string]*Script{}, map[string]*Script{}, 0
	s.recent.Init()
}

func (s *Scripts) compile(text string) (*Script, error) {
	sc := &Script{text: text, sha: digest(text)}
	source, err := sc.readShebang()
	if err != nil {
		return nil, err
	}
	if sc.chunk, err = s.rt.CompileScript(userScript, source); err != nil {
		return nil, command.Errorf("Error compiling script (new function): %s", err)
	}
	sc.contained = s.contained(&sc.chunk.Facts)
	return sc, nil
}

func digest(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

const (
	// stateBytes is about what a state takes.
	stateBytes = 96 << 10
	// compiledRatio is about how many bytes a byte of code becomes.
	compiledRatio = 10
)

// Figures implements command.Scripting.
func (s *Scripts) Figures() command.ScriptFigures {
	s.mu.RLock()
	f := command.ScriptFigures{Scripts: len(s.known), ScriptBytes: s.bytes, Evicted: s.evicted, ScriptVMs: stateBytes}
	s.mu.RUnlock()
	l := &s.libraries
	l.mu.RLock()
	f.Libraries, f.Functions, f.FunctionBytes = len(l.byName), len(l.functions), l.bytes
	if l.host != nil {
		f.FunctionVMs = stateBytes + compiledRatio*f.FunctionBytes
	}
	l.mu.RUnlock()
	return f
}
