package scriptcmd_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
)

// loop is a script that holds its key until it is killed.
const loop = "while true do redis.call('GET', KEYS[1]) end"

// TestReach protects which functions take the shards of their keys only: while a script holds
// another key, they run, and all others are told that it is busy.
func TestReach(t *testing.T) {
	eng, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	ctx := t.Context()
	do := func(args ...any) string {
		v, err := eng.Do(ctx, args...)
		if err != nil {
			return err.Error()
		}
		return v.Text()
	}
	functions := []struct {
		body      string
		contained bool
	}{
		{"function(keys, args) return redis.call('GET', keys[1]) end", true},
		{"function(k, a) redis.call('SET', k[1], a[1]) return redis.call('GET', k[1]) end", true},
		{"function(keys) local k = keys[1] local v = redis.pcall('GET', k) if v then return v end return redis.status_reply('none') end", true},
		{"function(keys, args) return tostring(redis.call('MGET', unpack(keys))[1]) end", true},
		{"function(keys, args) return server.call('GET', keys[1]) end", true},
		{"function(keys, args) return redis.call('GET', args[1]) end", false},
		{"function(keys, args) return redis.call('GET', KEYS[1]) end", false},
		{"function(keys, args) return redis.call('GET', 'other') end", false},
		{"function(keys, args) keys[1] = 'x' return redis.call('GET', keys[1]) end", false},
		{"function(keys, args) keys = args return redis.call('GET', keys[1]) end", false},
		{"function(keys, args) local k = keys[1] k = args[1] return redis.call('GET', k) end", false},
		{"function(keys, args) for i = 1, 2 do redis.call('GET', keys[1]) end return 'v' end", false}, // it might be long
		{"function(keys, args) local f = function() return redis.call('GET', keys[1]) end return f() end", false},
		{"function(keys, args) return helper(keys[1]) end", false},
		{"function(keys, args) return call('GET', keys[1]) end", false},
		{"function(keys, args) return tricky.v end", false},
		{"function(...) return redis.call('GET', ({...})[1][1]) end", false},
		{"helper", false},
	}
	code := `#!lua name=lib
local helper = function(k) return redis.call('GET', 'key:1') end
local call = function(...) return redis.call(...) end
local tricky = {v = 'v'}
`
	for i, f := range functions {
		if i%2 == 0 {
			code += fmt.Sprintf("redis.register_function('f%d', %s)\n", i, f.body)
		} else {
			code += fmt.Sprintf("redis.register_function{function_name='f%d', callback=%s}\n", i, f.body)
		}
	}
	if got := do("FUNCTION", "LOAD", code); got != "lib" {
		t.Fatal(got)
	}
	key, other := "key:1", ""
	for i := 2; other == ""; i++ {
		if k := fmt.Sprint("key:", i); eng.Store().ShardOf([]byte(k)) != eng.Store().ShardOf([]byte(key)) {
			other = k
		}
	}
	do("SET", other, "v")
	do("SET", key, "v")
	do("CONFIG", "SET", "busy-reply-threshold", 5)
	ended := make(chan string)
	go func() { ended <- do("EVAL", loop, 1, key) }()
	for end := time.Now().Add(10 * time.Second); !strings.HasPrefix(do("GET", key), "BUSY"); {
		if time.Now().After(end) {
			t.Fatal("the script does not run")
		}
	}
	for i, f := range functions {
		got := do("FCALL", fmt.Sprint("f", i), 1, other, "v")
		if want := map[bool]string{true: "v", false: "BUSY"}[f.contained]; !strings.HasPrefix(got, want) {
			t.Errorf("%s gives %q, want %s", f.body, got, want)
		}
	}
	do("SCRIPT", "KILL")
	if got := <-ended; !strings.Contains(got, "SCRIPT KILL") {
		t.Error(got)
	}
}

// TestFunctionsTakeTurns protects the state that functions share from those that hold different
// shards, and from libraries that change meanwhile.
func TestFunctionsTakeTurns(t *testing.T) {
	eng, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	ctx := t.Context()
	load := func(body string) {
		if _, err := eng.Do(ctx, "FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('f', function(keys, args) "+body+" end)"); err != nil {
			t.Error(err)
		}
	}
	bodies := []string{"return redis.call('INCR', keys[1])", "local n = 0 for i, k in ipairs(keys) do n = redis.call('INCR', k) end return n"}
	load(bodies[0])
	const workers, each = 8, 200
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				if v, err := eng.Do(ctx, "FCALL", "f", 1, fmt.Sprint("n", w)); err != nil || v.Int != int64(i+1) {
					t.Errorf("call %d gives %v, %v", i, v, err)
					return
				}
				if w == 0 && i%10 == 0 {
					load(bodies[i/10%2])
				}
			}
		})
	}
	wg.Wait()
}
