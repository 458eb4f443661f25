package servercmd

import (
	"errors"

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

func debugReload(c *command.Context) error {
	var o persistence.ReloadOptions
	for c.Args.More() {
		switch {
		case c.Args.Word("NOSAVE"):
			o.NoSave = true
		case c.Args.Word("NOFLUSH"):
			o.NoFlush = true
		case c.Args.Word("MERGE"): // what is loaded takes the place of what is there
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
