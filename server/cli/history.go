package cli

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// historyLimit is the number of lines kept in the file.
const historyLimit = 1000

// A history is the file of the lines typed before. Lines that may hold a secret
// are never written to it.
type history struct{ path string } // "" keeps none

// dotFile returns the path of a file in the home directory, or what the environment
// variable says instead; "" if there is none, or for /dev/null.
func (p *program) dotFile(variable, name string) string {
	path := p.env(variable)
	if path == "" {
		home := p.env("HOME")
		if home == "" {
			return ""
		}
		path = filepath.Join(home, name)
	}
	if path == os.DevNull {
		return ""
	}
	return path
}

// load returns the lines, the oldest first, and shortens a file that has grown
// to twice the limit.
func (h history) load() []string {
	lines := readLines(h.path)
	if len(lines) <= historyLimit {
		return lines
	}
	kept := slices.Clone(lines[len(lines)-historyLimit:])
	if len(lines) >= 2*historyLimit {
		// A history that cannot be shortened is no reason to refuse a prompt.
		os.WriteFile(h.path, []byte(strings.Join(kept, "\n")+"\n"), 0o600)
	}
	return kept
}

// add appends a line. Appending, instead of writing the whole, keeps the lines of
// clients that run side by side.
func (h history) add(line string) {
	if h.path == "" {
		return
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	f.WriteString(line + "\n")
}

// readLines returns the lines of a file; none if it cannot be read.
func readLines(path string) (lines []string) {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	return lines
}

// isSecret reports whether a command may hold a password or a name that goes with
// one.
func isSecret(args []string) bool {
	low := make([]string, len(args))
	for i, a := range args {
		low[i] = strings.ToLower(a)
	}
	at := func(i int) string {
		if i < len(low) {
			return low[i]
		}
		return ""
	}
	switch at(0) {
	case "auth":
		return true
	case "hello":
		return slices.Contains(low[1:], "auth")
	case "migrate":
		return slices.Contains(low[1:], "auth") || slices.Contains(low[1:], "auth2")
	case "acl":
		return at(1) == "setuser" || at(1) == "getuser" || at(1) == "deluser"
	case "config":
		return at(1) == "set" && slices.ContainsFunc(low[2:], isSecretSetting)
	case "sentinel":
		return (at(1) == "set" || at(1) == "config") && slices.ContainsFunc(low[2:], isSecretSetting)
	}
	return false
}

func isSecretSetting(name string) bool {
	switch name {
	case "requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser",
		"tls-key-file-pass", "tls-client-key-file-pass",
		"sentinel-pass", "sentinel-user", "auth-pass", "auth-user":
		return true
	}
	return false
}
