package servercmd

import (
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/persistence"
)

var save = command.Spec{
	Name: "save", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Saves the data to disk, and answers when it is there.", Complexity: "O(N) in the number of keys",
	Flags: command.Admin | command.NoScript | command.NoAsyncLoading | command.NoMulti,
	Run:   runSave,
}

func runSave(c *command.Context) error {
	files := c.Services.Files
	return background(c, func() error { return files.SaveNow() })
}

// background runs what takes long while the client waits for the reply and others go on.
func background(c *command.Context, do func() error) error {
	spec := c.Spec
	return c.Park(command.Wait{
		TimedOut: command.Value{Kind: command.Error, Str: "ERR " + spec.Name + " cannot wait here"},
		Begin: func(answer func(command.Value)) {
			go func() {
				if err := do(); err != nil {
					answer(command.Value{Kind: command.Error, Str: command.WireText(err, spec)})
					return
				}
				answer(command.Value{Kind: command.Status, Str: "OK"})
			}()
		},
	})
}

var bgSave = command.Spec{
	Name: "bgsave", Group: command.GroupServer, Since: "1.0.0", Arity: -1,
	Summary: "Starts to save the data to disk, or ends that.", Syntax: "[SCHEDULE | CANCEL]", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
	Run:   runBgSave,
}

func runBgSave(c *command.Context) error {
	schedule := c.Args.Word("SCHEDULE")
	cancel := !schedule && c.Args.Word("CANCEL")
	if c.Args.Len() > 0 {
		return command.ErrSyntax
	}

	text := "Background saving started"
	if cancel {
		scheduled, err := c.Services.Files.CancelSave()
		if err != nil {
			return err
		}
		if text = "Background saving cancelled"; scheduled {
			text = "Scheduled background saving cancelled"
		}
	} else {
		scheduled, err := c.Services.Files.Save(schedule)
		if err != nil {
			return err
		}
		if scheduled {
			text = "Background saving scheduled"
		}
	}

	c.Reply.Status(text)
	return nil
}

var lastSave = command.Spec{
	Name: "lastsave", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Tells when the data was last saved, in Unix seconds.", Complexity: "O(1)",
	Flags: anyTime | command.Fast, Categories: []string{"admin", "dangerous"},
	Tips: []string{"nondeterministic_output"},
	Run: func(c *command.Context) error {
		sec := c.Services.StartMs / 1000
		if c.Services.Files != nil {
			sec = c.Services.Files.LastSaveSec()
		}
		c.Reply.Int(sec)
		return nil
	},
}

var bgRewriteAOF = command.Spec{
	Name: "bgrewriteaof", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Starts to write the append-only file anew.", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript | command.NoAsyncLoading,
	Run:   runBgRewriteAOF,
}

func runBgRewriteAOF(c *command.Context) error {
	scheduled, err := c.Services.Files.Rewrite()
	if err != nil {
		return err
	}

	if scheduled {
		c.Reply.Status("Background append only file rewriting scheduled")
	} else {
		c.Reply.Status("Background append only file rewriting started")
	}
	return nil
}

var waitAOF = command.Spec{
	Name: "waitaof", Group: command.GroupGeneric, Since: "7.2.0", Arity: 4,
	Summary: "Waits until the client's changes are on disk, here and at replicas.", Syntax: "numlocal numreplicas timeout", Complexity: "O(1)",
	Flags: command.Blocking, Categories: []string{command.NoGroup, "connection"},
	Tips: []string{"request_policy:all_shards", "response_policy:agg_min"},
	Run:  runWaitAOF,
}

func runWaitAOF(c *command.Context) error {
	local := c.Args.IntIn(0, 1, command.Errorf("value is out of range, value must between 0 and 1"))
	replicas := c.Args.IntIn(0, math.MaxInt64, command.Errorf("value is out of range, must be positive"))
	timeout := c.Args.IntOr(command.ErrTimeoutNotInt)
	if timeout < 0 {
		c.Args.Fail(command.ErrTimeoutNegative)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	files, offset := c.Services.Files, c.Session.Written
	if local > 0 && !files.JournalOn() {
		return persistence.ErrNoJournal
	}

	answer := func(synced bool) command.Value {
		n := int64(0)
		if synced && files.JournalOn() {
			n = 1
		}
		return command.Value{Kind: command.Array, Elems: []command.Value{{Kind: command.Int, Int: n}, {Kind: command.Int}}}
	}
	var synced atomic.Bool
	if files.JournalOn() {
		files.WhenSynced(offset, func() { synced.Store(true) })
	}
	if (local == 0 || synced.Load()) && replicas == 0 || c.Nested {
		command.Replay(c.Reply, answer(synced.Load()))
		return nil
	}
	return c.Park(command.Wait{TimedOut: answer(false), Begin: func(end func(command.Value)) {
		if timeout > 0 {
			time.AfterFunc(time.Duration(timeout)*time.Millisecond, func() { end(answer(synced.Load())) })
		}
		if replicas == 0 {
			files.WhenSynced(offset, func() { go end(answer(true)) })
		}
	}})
}

func debugLoadAOF(c *command.Context) error {
	files, log := c.Services.Files, c.Services.Log
	return background(c, func() error {
		err := files.ReloadJournal()
		if err == nil || errors.Is(err, persistence.ErrNoFiles) {
			return err
		}
		log.Error("the journal could not be reloaded", "error", err)
		return command.Errorf("Error trying to load the AOF files, check server logs.")
	})
}

func debugReload(c *command.Context) error {
	var o persistence.ReloadOptions
	for c.Args.More() {
		switch {
		case c.Args.Word("NOSAVE"):
			o.NoSave = true
		case c.Args.Word("NOFLUSH"):
			o.NoFlush = true
		case c.Args.Word("MERGE"):
			o.Merge = true
		default:
			return command.Errorf("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		}
	}

	files, log := c.Services.Files, c.Services.Log
	return background(c, func() error {
		err := files.Reload(o)
		if err == nil || errors.Is(err, persistence.ErrNoFiles) {
			return err
		}
		log.Error("the data could not be reloaded", "error", err)
		return command.Errorf("Error trying to load the RDB dump, check server logs.")
	})
}
