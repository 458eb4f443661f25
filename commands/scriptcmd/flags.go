package scriptcmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// flags are what a script or function says of itself.
type flags uint8

const (
	noWrites flags = 1 << iota
	allowOOM
	allowStale
	noCluster
	allowCrossSlot
)

var flagNames = [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

func flagNamed(name string) (flags, bool) {
	for i, n := range flagNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// names returns the names of the flags.
func (f flags) names() (list []string) {
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			list = append(list, n)
		}
	}
	return list
}

// readShebang takes the flags from the script's first line and returns the source without it;
// the lines keep their numbers.
func (sc *Script) readShebang() (source string, err error) {
	if !strings.HasPrefix(sc.text, "#!") {
		return sc.text, nil
	}
	line, rest, ok := strings.Cut(sc.text, "\n")
	if !ok {
		return "", command.Errorf("Invalid script shebang")
	}
	words := strings.Fields(line)
	if words[0] != "#!lua" {
		return "", command.Errorf("Unexpected engine in script shebang: %s", words[0])
	}
	sc.shebang = true
	for _, w := range words[1:] {
		list, ok := strings.CutPrefix(w, "flags=")
		if !ok {
			return "", command.Errorf("Unknown lua shebang option: %s", w)
		}
		for _, name := range strings.Split(list, ",") {
			f, ok := flagNamed(name)
			if name != "" && !ok {
				return "", command.Errorf("Unexpected flag in script shebang: %s", name)
			}
			sc.flags |= f
		}
	}
	return "\n" + rest, nil
}
