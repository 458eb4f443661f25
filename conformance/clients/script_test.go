package clients

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Scripts by digest are sent as text once, and after the server has forgotten them.
func TestScripts(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		take := redis.NewScript(`
			local n = tonumber(redis.call('GET', KEYS[1]) or '0')
			if n >= tonumber(ARGV[1]) then return {false, n} end
			return {'ok', redis.call('INCR', KEYS[1])}`)
		for i := 1; i <= 3; i++ {
			v, err := take.Run(ctx, c, []string{"limit"}, 3).Slice()
			if err != nil || fmt.Sprint(v) != fmt.Sprintf("[ok %d]", i) {
				t.Fatalf("call %d: %v, %v", i, v, err)
			}
			if err := c.ScriptFlush(ctx).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := take.Run(ctx, c, []string{"limit"}, 3).Slice(); err != nil || fmt.Sprint(v) != "[<nil> 3]" {
			t.Fatal(v, err)
		}
		sha, err := c.ScriptLoad(ctx, "return ARGV").Result()
		if err != nil {
			t.Fatal(err)
		}
		if known, err := c.ScriptExists(ctx, sha, strings.Repeat("0", 40)).Result(); err != nil || fmt.Sprint(known) != "[true false]" {
			t.Error(known, err)
		}
		binary := "\x00\xff\r\n"
		if v, err := c.EvalSha(ctx, sha, nil, binary, 1, 1.5).StringSlice(); err != nil || fmt.Sprintf("%q", v) != fmt.Sprintf("%q", []string{binary, "1", "1.5"}) {
			t.Errorf("%q, %v", v, err)
		}
		if err := c.EvalSha(ctx, strings.Repeat("0", 40), nil).Err(); !redis.HasErrorPrefix(err, "NOSCRIPT") {
			t.Error(err)
		}
		if err := c.Eval(ctx, "return nil", nil).Err(); !errors.Is(err, redis.Nil) {
			t.Error(err)
		}
		if err := c.EvalRO(ctx, "return redis.call('SET', KEYS[1], 1)", []string{"k"}).Err(); err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Error(err)
		}
	})
}

// Libraries go from server to server as payloads.
func TestFunctions(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		code := "#!lua name=lib\nredis.register_function{function_name='add', callback=function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end, description='adds'}"
		if name, err := c.FunctionLoad(ctx, code).Result(); err != nil || name != "lib" {
			t.Fatal(name, err)
		}
		defer c.FunctionFlush(ctx)
		if n, err := c.FCall(ctx, "add", []string{"sum"}, 5).Int(); err != nil || n != 5 {
			t.Fatal(n, err)
		}
		payload, err := c.FunctionDump(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.FunctionDelete(ctx, "lib").Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.FunctionRestore(ctx, payload).Err(); err != nil {
			t.Fatal(err)
		}
		list, err := c.FunctionList(ctx, redis.FunctionListQuery{WithCode: true}).Result()
		if err != nil || len(list) != 1 || list[0].Code != code || list[0].Functions[0].Description != "adds" {
			t.Errorf("%+v, %v", list, err)
		}
		if n, err := c.FCall(ctx, "add", []string{"sum"}, 5).Int(); err != nil || n != 10 {
			t.Error(n, err)
		}
		stats, err := c.FunctionStats(ctx).Result()
		if err != nil || len(stats.Engines) != 1 || stats.Engines[0].FunctionsCount != 1 {
			t.Errorf("%+v, %v", stats, err)
		}
	})
}

// Scripts on different keys run at the same time, and each is one step: none sees another's
// half.
func TestScriptsAreAtomic(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		move := redis.NewScript(`
			local from, to = KEYS[1], KEYS[2]
			redis.call('DECR', from)
			redis.call('INCR', to)
			return 1`)
		sum := redis.NewScript("local n = 0 for i, k in ipairs(KEYS) do n = n + (redis.call('GET', k) or 0) end return n")
		keys := []string{"a", "b", "c", "d"}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for i := range 100 {
					if err := move.Run(ctx, c, []string{keys[(w+i)%4], keys[(w+i+1)%4]}).Err(); err != nil {
						t.Error(err)
						return
					}
					if n, err := sum.Run(ctx, c, keys).Int(); err != nil || n != 0 {
						t.Errorf("the sum is %d, %v", n, err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}
