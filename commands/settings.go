package commands

import (
	"math"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/slowlog"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

// followConfig brings the engine to what its configuration says, now and whenever
// CONFIG SET changes it.
func (e *Engine) followConfig() {
	cfg := e.svc.Config
	follow := func(apply func(*config.Config), names ...string) {
		run := func() error {
			apply(cfg)
			return nil
		}
		cfg.OnChange(run, names...)
		apply(cfg)
	}
	follow(e.applyLimits, "proto-max-bulk-len", "bitmap-max-bits", "hash-max-listpack-entries", "hash-max-listpack-value", "list-max-listpack-size",
		"set-max-intset-entries", "set-max-listpack-entries", "set-max-listpack-value", "zset-max-listpack-entries",
		"zset-max-listpack-value", "stream-node-max-bytes", "stream-node-max-entries", "hll-sparse-max-bytes")
	follow(e.applyEviction, "maxmemory", "maxmemory-policy", "maxmemory-samples", "lfu-log-factor", "lfu-decay-time")
	follow(e.applyClientMemory, "maxmemory-clients")
	follow(e.applyRemovals, "lazyfree-lazy-expire", "lazyfree-lazy-eviction")
	follow(e.applyEvents, "notify-keyspace-events")
	follow(e.applyObservation, "latency-tracking", "slowlog-log-slower-than", "slowlog-max-len", "slowlog-entry-max-argc",
		"slowlog-entry-max-string-len", "commandlog-request-larger-than", "commandlog-large-request-max-len",
		"commandlog-reply-larger-than", "commandlog-large-reply-max-len", "latency-monitor-threshold")
}

func toInt(n int64) int { return int(min(n, math.MaxInt32)) }

func (e *Engine) applyLimits(c *config.Config) {
	maxString := min(c.ProtoMaxBulkLen.Load(), math.MaxInt)
	e.svc.Store.SetLimits(datatypes.Limits{
		MaxString:            int(maxString),
		MaxBits:              max(min(maxString, math.MaxInt64/8)*8, c.BitmapMaxBits.Load()),
		HashMaxPackedEntries: toInt(c.HashMaxListpackEntries.Load()),
		HashMaxPackedValue:   toInt(c.HashMaxListpackValue.Load()),
		ListMaxPackedSize:    toInt(c.ListMaxListpackSize.Load()),
		SetMaxIntset:         toInt(c.SetMaxIntsetEntries.Load()),
		SetMaxPackedEntries:  toInt(c.SetMaxListpackEntries.Load()),
		SetMaxPackedValue:    toInt(c.SetMaxListpackValue.Load()),
		ZSetMaxPackedEntries: toInt(c.ZsetMaxListpackEntries.Load()),
		ZSetMaxPackedValue:   toInt(c.ZsetMaxListpackValue.Load()),
		StreamNodeMaxBytes:   toInt(c.StreamNodeMaxBytes.Load()),
		StreamNodeMaxEntries: toInt(c.StreamNodeMaxEntries.Load()),
		HLLSparseMaxBytes:    toInt(c.HLLSparseMaxBytes.Load()),
	})
}

func (e *Engine) applyEviction(c *config.Config) {
	order, volatile := keyspace.EvictLRU, false
	policy := c.MaxmemoryPolicy.Load()
	switch policy {
	case config.VolatileLRU, config.VolatileLFU, config.VolatileRandom, config.VolatileTTL, config.VolatileLRM:
		volatile = true
	}
	lfu, lrm := false, policy == config.AllkeysLRM || policy == config.VolatileLRM
	switch policy {
	case config.VolatileLFU, config.AllkeysLFU:
		order, lfu = keyspace.EvictLFU, true
	case config.VolatileTTL:
		order = keyspace.EvictTTL
	case config.VolatileRandom, config.AllkeysRandom:
		order = keyspace.EvictRandom
	}
	e.svc.Store.SetAccessPolicy(keyspace.AccessPolicy{LFU: lfu, LRM: lrm, LogFactor: toInt(c.LFULogFactor.Load()), DecayMin: toInt(c.LFUDecayTime.Load())})
	e.SetMaxMemory(c.Maxmemory.Load(), policy != config.NoEviction, order, volatile, int(c.MaxmemorySamples.Load()))
}

func (e *Engine) applyRemovals(c *config.Config) {
	e.svc.Store.SetRemovals(keyspace.Removals{
		UnlinkExpired: c.LazyfreeLazyExpire.Load(),
		UnlinkEvicted: c.LazyfreeLazyEviction.Load(),
	})
}

func (e *Engine) applyObservation(c *config.Config) {
	e.histograms.Store(c.LatencyTracking.Load())
	e.svc.Monitor.SetLimits(slowlog.Limits{
		SlowUs:       c.SlowlogLogSlowerThan.Load(),
		RequestBytes: c.CommandlogRequestLargerThan.Load(),
		ReplyBytes:   c.CommandlogReplyLargerThan.Load(),
		LatencyMs:    c.LatencyMonitorThreshold.Load(),
		MaxSlow:      toInt(c.SlowlogMaxLen.Load()),
		MaxRequests:  toInt(c.CommandlogLargeRequestMaxLen.Load()),
		MaxReplies:   toInt(c.CommandlogLargeReplyMaxLen.Load()),
		MaxArgs:      toInt(c.SlowlogEntryMaxArgc.Load()),
		MaxArgBytes:  toInt(c.SlowlogEntryMaxStringLen.Load()),
	})
}
