package persistence_test

import "testing"

// TestFunctions protects that functions come back with the data, from a snapshot, from a base of
// either kind, and from the commands behind it.
func TestFunctions(t *testing.T) {
	const one, two = "#!lua name=one\nredis.register_function('f', function() return 'first' end)",
		"#!lua name=two\nredis.register_function('g', function() return 'second' end)"
	for name, settings := range map[string][]string{
		"snapshot":            {"save", "1 1"},
		"journal":             {"appendonly", "yes"},
		"journal of commands": {"appendonly", "yes", "aof-use-rdb-preamble", "no"},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, t.TempDir(), settings...)
			p.want("one", "FUNCTION", "LOAD", one)
			p.want("OK", "SET", "k", "v")
			if name != "snapshot" {
				p.do("BGREWRITEAOF")
				until(t, "the journal is written anew", func() bool {
					return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrite_scheduled") == "0" && p.info("aof_rewrites") != "0"
				})
			}
			p.want("two", "FUNCTION", "LOAD", two)
			if err := p.CloseWith(name == "snapshot"); err != nil {
				t.Fatal(err)
			}
			p = open(t, p.dir, settings...)
			p.want("first", "FCALL", "f", "0")
			p.want("second", "FCALL", "g", "0")
			p.want("OK", "DEBUG", "RELOAD")
			p.want("first", "FCALL", "f", "0")
			if s := p.do("FUNCTION", "FLUSH"); s != "OK" {
				t.Error(s)
			}
			p.want("OK", "DEBUG", "RELOAD")
			p.want("ERR Function not found", "FCALL", "f", "0")
		})
	}
}

// TestScriptsUnkept protects that scripts may read, and not write, while changes cannot be kept.
func TestScriptsUnkept(t *testing.T) {
	p := open(t, t.TempDir(), "min-replicas-to-write", "0")
	p.want("OK", "SET", "x", "v")
	p.want("OK", "CONFIG", "SET", "min-replicas-to-write", "1")
	p.want("NOREPLICAS", "SET", "x", "w")
	p.want("PONG", "PING")
	p.want("v", "EVAL", "return redis.call('get', KEYS[1])", "1", "x")
	p.want("v", "EVAL", "#!lua flags=no-writes\nreturn redis.call('get', KEYS[1])", "1", "x")
	p.want("NOREPLICAS", "EVAL", "#!lua\nreturn redis.call('get', KEYS[1])", "1", "x")
	p.want("NOREPLICAS", "EVAL", "return redis.call('set', KEYS[1], 'w')", "1", "x")
	p.want("0", "PUBLISH", "c", "m")
	p.want("v", "GET", "x")
}
