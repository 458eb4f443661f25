package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Of a file and the command line: options are conceptually lines appended to the file, so that
// they win over it, and lines of directives that add up (save) add to its lines. `--save ""`
// clears them.

// maxIncludeDepth stops files that include each other.
const maxIncludeDepth = 16

// loadState is what the loaders remember between files and options.
type loadState struct {
	seen   map[*directive]bool // lines of directives that add up have been read
	unused []string            // directives set to something else than their default, in vain
}

// FileOnly holds the directives that only files and the command line know, in their order.
type FileOnly struct {
	// Users are the arguments of each `user` line, the name first.
	Users [][]string
	// Renames are the old and the new name of each `rename-command` line; "" removes the command.
	Renames [][2]string
	// Modules are the arguments of each `loadmodule` line, the path first. Medley loads none.
	Modules [][]string
}

// FileOnly returns what the loaders have collected so far.
func (c *Config) FileOnly() FileOnly {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fileOnly
}

// LoadError is a line that could not be loaded.
type LoadError struct {
	File string // "command line" for options
	Line int    // from 1; 0 for options
	Text string // the line; the arguments of a directive with a secret are left out
	Err  error
}

func (e *LoadError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v\n>>> '%s'", e.File, e.Err, e.Text)
	}
	return fmt.Sprintf("%s:%d: %v\n>>> '%s'", e.File, e.Line, e.Err, e.Text)
}

func (e *LoadError) Unwrap() error { return e.Err }

// LoadFile loads a configuration file and makes it the one that Rewrite writes. After an error,
// which is a *LoadError or that of reading the file, c is of no use. Loaders run no hooks.
func (c *Config) LoadFile(path string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadMain(path)
}

// LoadReader loads lines from r; name stands for the file in errors.
func (c *Config) LoadReader(name string, r io.Reader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadFrom(name, r)
}

// LoadCommandLine loads the arguments of a server as redis-server takes them: a file, if the
// first argument does not begin with "-"; "-" as the first or last argument, for lines from stdin;
// and options, `--name value ...` or "--name value" in one argument. An option takes all
// arguments up to the next one that begins with "--", but always at least one, unless it is
// --save, for which no argument means "". The order of effect is file, stdin, options.
func (c *Config) LoadCommandLine(args []string, stdin io.Reader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if err := c.loadMain(args[0]); err != nil {
			return err
		}
		rest = args[1:]
	}
	options, fromStdin, err := splitOptions(rest, len(rest) == len(args))
	if err != nil {
		return err
	}
	if fromStdin {
		if err := c.loadFrom("stdin", stdin); err != nil {
			return err
		}
	}
	for _, o := range options {
		if err := c.apply(o, 0); err != nil {
			return &LoadError{File: "command line", Text: c.redact("--"+strings.Join(o, " "), o), Err: err}
		}
	}
	return nil
}

// splitOptions cuts a command line without its file into lines of arguments.
func splitOptions(args []string, first bool) (options [][]string, stdin bool, err error) {
	complete := true // the current option has an argument, so that a "--" begins another one
	for i, arg := range args {
		last := i == len(args)-1
		switch {
		case arg == "-" && (first && i == 0 || last):
			stdin = true
		case complete && strings.HasPrefix(arg, "--"):
			words, err := splitArgs(arg[2:])
			if err != nil || len(words) == 0 {
				return nil, false, &LoadError{File: "command line", Text: arg, Err: errors.New("not an option")}
			}
			complete = len(words) > 1
			if strings.EqualFold(arg, "--save") && (last || strings.HasPrefix(args[i+1], "--")) {
				words, complete = append(words, ""), true
			}
			options = append(options, words)
		case len(options) == 0:
			return nil, false, &LoadError{File: "command line", Text: arg, Err: errors.New("an argument without an option")}
		default:
			options[len(options)-1] = append(options[len(options)-1], arg)
			complete = true
		}
	}
	return options, stdin, nil
}

func (c *Config) loadMain(path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	c.file = abs
	return c.loadPath(abs, 0)
}

func (c *Config) loadPath(path string, depth int) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return c.loadText(path, string(content), depth)
}

func (c *Config) loadFrom(name string, r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return c.loadText(name, string(content), 0)
}

func (c *Config) loadText(file, text string, depth int) error {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		line = strings.Trim(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		args, err := splitArgs(line)
		if err == nil && len(args) > 0 { // none: white space that Trim leaves
			err = c.apply(args, depth)
		}
		var inner *LoadError
		if errors.As(err, &inner) {
			return inner // of an included file, and more exact
		}
		if err != nil {
			return &LoadError{File: file, Line: number, Text: c.redact(line, strings.Fields(line)), Err: err}
		}
	}
	return nil
}

// redact returns text, or only the directive's name if its arguments must not be logged.
func (c *Config) redact(text string, args []string) string {
	if len(args) > 0 && (c.Sensitive(args[0]) || strings.EqualFold(args[0], "user")) {
		return args[0] + " (redacted)"
	}
	return text
}

// apply executes one line.
func (c *Config) apply(args []string, depth int) error {
	name := strings.ToLower(args[0])
	if d := c.byName[name]; d != nil {
		return c.applyDirective(d, args[1:])
	}
	switch {
	case name == "include" && len(args) == 2:
		return c.include(args[1], depth)
	case name == "user" && len(args) >= 2:
		c.fileOnly.Users = append(c.fileOnly.Users, args[1:])
	case name == "rename-command" && len(args) == 3:
		c.fileOnly.Renames = append(c.fileOnly.Renames, [2]string{args[1], args[2]})
	case name == "loadmodule" && len(args) >= 2:
		c.fileOnly.Modules = append(c.fileOnly.Modules, args[1:])
		c.setInVain(name)
	case name == "sentinel":
		return errors.New("sentinel directive while not in sentinel mode")
	case strings.Contains(name, ".") && len(args) >= 2:
		c.setInVain(name) // of a module
	case slices.Contains(obsolete(), name) && len(args) == 2:
	case slices.Contains(fileOnlyNames(), name), slices.Contains(obsolete(), name):
		return errArgCount
	default:
		return c.unknown(name)
	}
	return nil
}

// fileOnlyNames are the directives that have no value of their own.
func fileOnlyNames() []string {
	return []string{"include", "user", "rename-command", "loadmodule", "sentinel"}
}

// obsolete are directives that peers still accept in files and otherwise ignore.
func obsolete() []string {
	return []string{"list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands",
		"io-threads-do-reads", "events-per-io-thread"}
}

func (c *Config) applyDirective(d *directive, args []string) error {
	switch {
	case d.flags&multi == 0 && len(args) != 1:
		return errArgCount
	case d.flags&multi != 0 && len(args) == 1 && args[0] != "":
		var err error
		if args, err = splitArgs(args[0]); err != nil { // `--save "900 1"`
			return err
		}
	}
	old := d.kind.load()
	parse := d.kind.parse
	if k, ok := d.kind.(accumulating); ok && k.accumulates() && c.loaded.seen[d] {
		parse = k.add
	}
	v, err := parse(args, old)
	if err != nil {
		return err
	}
	d.kind.store(v)
	if c.loaded.seen == nil {
		c.loaded.seen = make(map[*directive]bool)
	}
	c.loaded.seen[d] = true
	if d.unused && d.kind.text(v) != d.initial {
		c.setInVain(d.name)
	}
	return nil
}

func (c *Config) setInVain(name string) {
	if !slices.Contains(c.loaded.unused, name) {
		c.loaded.unused = append(c.loaded.unused, name)
	}
}

// include loads a file or, if the name is a pattern, all files that match it, in order of name;
// none is fine. A relative name is relative to the working directory of the process, as it is for
// the file on the command line.
func (c *Config) include(name string, depth int) error {
	if depth == maxIncludeDepth {
		return fmt.Errorf("files include each other more than %d deep", maxIncludeDepth)
	}
	files := []string{name}
	if strings.ContainsAny(name, "*?[") {
		var err error
		if files, err = filepath.Glob(name); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := c.loadPath(f, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) unknown(name string) error {
	known := append(append(slices.Clone(c.names), fileOnlyNames()...), obsolete()...)
	if near := nearest(name, known); near != "" {
		return fmt.Errorf("unknown directive '%s', did you mean '%s'?", name, near)
	}
	return fmt.Errorf("unknown directive '%s'", name)
}

// Warnings returns what the person who wrote the loaded files and options should know, at most
// one line for all directives that have no effect.
func (c *Config) Warnings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.loaded.unused) == 0 {
		return nil
	}
	return []string{"accepted, but without effect in Medley: " + strings.Join(c.loaded.unused, ", ")}
}
