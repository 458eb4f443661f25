package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/medleydb/medley/datatypes"
)

// The directives with a form of their own: each function below makes the kind of one of them.

var errSave = errors.New("Invalid save parameters")

// saveKind is save: pairs of seconds and changes; no pair, or "", turns snapshots off.
func saveKind(h *Ref[[]SavePoint]) kind {
	read := func(args []string, _ []SavePoint) ([]SavePoint, error) { return parseSave(args) }
	return listKind[[]SavePoint]{
		h: h, name: "save points", read: read,
		more: func(args []string, old []SavePoint) ([]SavePoint, error) {
			points, err := parseSave(args)
			if len(points) == 0 {
				return points, err
			}
			return append(old[:len(old):len(old)], points...), err
		},
		show: func(points []SavePoint) string { return strings.Join(formatSave(points), " ") },
		format: func(points []SavePoint) []string {
			if len(points) == 0 {
				return []string{`""`}
			}
			return formatSave(points)
		},
	}
}

func parseSave(args []string) ([]SavePoint, error) {
	if len(args) == 1 && args[0] == "" {
		return nil, nil
	}
	if len(args)%2 != 0 {
		return nil, errSave
	}
	var points []SavePoint
	for i := 0; i < len(args); i += 2 {
		seconds, err1 := strconv.ParseInt(args[i], 10, 64)
		changes, err2 := strconv.ParseInt(args[i+1], 10, 32)
		if err1 != nil || err2 != nil || seconds < 1 || changes < 0 {
			return nil, errSave
		}
		points = append(points, SavePoint{Seconds: seconds, Changes: changes})
	}
	return points, nil
}

func formatSave(points []SavePoint) []string {
	var out []string
	for _, p := range points {
		out = append(out, strconv.FormatInt(p.Seconds, 10)+" "+strconv.FormatInt(p.Changes, 10))
	}
	return out
}

// outputKind is client-output-buffer-limit: groups of class, hard bytes, soft bytes and soft
// seconds. Classes that are not named keep their limits.
func outputKind(h *Ref[OutputLimits]) kind {
	return listKind[OutputLimits]{
		h: h, name: "output limits", read: parseOutputLimits,
		show: func(l OutputLimits) string {
			var out []string
			for class, name := range [...]string{"normal", "slave", "pubsub"} {
				out = append(out, name, strconv.FormatInt(l[class].HardBytes, 10),
					strconv.FormatInt(l[class].SoftBytes, 10), strconv.FormatInt(l[class].SoftSeconds, 10))
			}
			return strings.Join(out, " ")
		},
		format: func(l OutputLimits) []string {
			var out []string
			for class, name := range [...]string{"normal", "replica", "pubsub"} {
				out = append(out, name+" "+formatMemory(l[class].HardBytes)+" "+
					formatMemory(l[class].SoftBytes)+" "+strconv.FormatInt(l[class].SoftSeconds, 10))
			}
			return out
		},
	}
}

func parseOutputLimits(args []string, limits OutputLimits) (OutputLimits, error) {
	if len(args)%4 != 0 {
		return limits, errors.New("Wrong number of arguments in buffer limit configuration.")
	}
	for ; len(args) > 0; args = args[4:] {
		var class int
		switch strings.ToLower(args[0]) {
		case "normal":
			class = NormalClients
		case "slave", "replica":
			class = ReplicaClients
		case "pubsub":
			class = PubsubClients
		default:
			return limits, errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok1 := ParseMemory(args[1])
		soft, ok2 := ParseMemory(args[2])
		seconds, err := strconv.ParseInt(args[3], 10, 64)
		if !ok1 || !ok2 || err != nil || seconds < 0 {
			return limits, errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		limits[class] = OutputLimit{HardBytes: hard, SoftBytes: soft, SoftSeconds: seconds}
	}
	return limits, nil
}

// shutdownKind is shutdown-on-sigint and shutdown-on-sigterm: a set of words.
func shutdownKind(h *Ref[ShutdownFlags]) kind {
	words := []string{"default", "save", "nosave", "now", "force", "safe", "failover"}
	show := func(f ShutdownFlags) string {
		if f == 0 {
			return words[0]
		}
		var out []string
		for i, w := range words[1:] {
			if f&(1<<i) != 0 {
				out = append(out, w)
			}
		}
		return strings.Join(out, " ")
	}
	read := func(args []string, _ ShutdownFlags) (ShutdownFlags, error) {
		var f ShutdownFlags
		for _, arg := range args {
			i := 0
			for i < len(words) && !strings.EqualFold(words[i], arg) {
				i++
			}
			if i == len(words) {
				return 0, errNotOneOf(words)
			}
			f |= 1 << i >> 1
		}
		if len(args) == 0 {
			return 0, errNotOneOf(words)
		}
		if f&ShutdownSave != 0 && f&ShutdownNosave != 0 {
			return 0, errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
		}
		return f, nil
	}
	return listKind[ShutdownFlags]{h: h, name: "flags", read: read, show: show}
}

// eventsKind is notify-keyspace-events.
func eventsKind(h *Ref[KeyEvents]) kind {
	read := func(args []string, _ KeyEvents) (KeyEvents, error) {
		var e KeyEvents
		for _, c := range []byte(args[0]) {
			i := strings.IndexByte(eventLetters, c)
			switch {
			case c == 'A':
				e |= EventsAll
			case i < 0:
				return 0, errors.New("Invalid event class character. Use 'Ag$lshzxeKEtmdnocaSTIV'.")
			default:
				e |= 1 << i
			}
		}
		return e, nil
	}
	return listKind[KeyEvents]{
		h: h, name: "event classes", read: read, show: KeyEvents.String,
		format: func(e KeyEvents) []string { return []string{quote(e.String())} },
	}
}

const maxBindAddresses = 16

// bindKind is bind: addresses, each with an optional "-" for "if the machine has it".
func bindKind(h *Ref[[]string]) kind {
	read := func(args []string, _ []string) ([]string, error) {
		if len(args) > maxBindAddresses {
			return nil, errors.New("Too many bind addresses specified.")
		}
		if len(args) == 1 && args[0] == "" {
			return nil, nil
		}
		for _, a := range args {
			if strings.HasPrefix(a, "#") { // a comment would silently become addresses
				return nil, errors.New("a comment must stand on a line of its own")
			}
		}
		return args, nil
	}
	return listKind[[]string]{
		h: h, name: "addresses", read: read,
		show: func(v []string) string { return strings.Join(v, " ") },
	}
}

// percentilesKind is latency-tracking-info-percentiles.
func percentilesKind(h *Ref[[]float64]) kind {
	read := func(args []string, _ []float64) ([]float64, error) {
		if len(args) == 1 && args[0] == "" {
			return nil, nil
		}
		var out []float64
		for _, a := range args {
			p, ok := datatypes.ParseFloat([]byte(a))
			if !ok {
				return nil, errors.New("Invalid latency-tracking-info-percentiles parameters")
			}
			if p < 0 || p > 100 {
				return nil, errors.New("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
			}
			out = append(out, p)
		}
		return out, nil
	}
	show := func(v []float64) string {
		var out []string
		for _, p := range v {
			s := strconv.FormatFloat(p, 'f', 6, 64)
			out = append(out, strings.TrimRight(strings.TrimRight(s, "0"), "."))
		}
		return strings.Join(out, " ")
	}
	return listKind[[]float64]{h: h, name: "percentiles", read: read, show: show}
}

// oomKind is oom-score-adj-values: the scores of a primary, a replica and a child process.
func oomKind(h *Ref[[3]int]) kind {
	read := func(args []string, _ [3]int) ([3]int, error) {
		var out [3]int
		if len(args) != len(out) {
			return out, errArgCount
		}
		for i, a := range args {
			v, err := strconv.Atoi(a)
			if err != nil || v < -2000 || v > 2000 {
				return out, errors.New("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
			}
			out[i] = v
		}
		return out, nil
	}
	show := func(v [3]int) string {
		return strconv.Itoa(v[0]) + " " + strconv.Itoa(v[1]) + " " + strconv.Itoa(v[2])
	}
	return listKind[[3]int]{h: h, name: "scores", read: read, show: show}
}

// upstreamKind is replicaof: "host port" or "no one".
func upstreamKind(h *Ref[Upstream]) kind {
	read := func(args []string, _ Upstream) (Upstream, error) {
		if len(args) != 2 {
			return Upstream{}, errArgCount
		}
		if strings.EqualFold(args[0], "no") && strings.EqualFold(args[1], "one") {
			return Upstream{}, nil
		}
		port, err := strconv.ParseUint(args[1], 10, 16)
		if err != nil {
			return Upstream{}, errors.New("Invalid master port")
		}
		return Upstream{Host: args[0], Port: int(port)}, nil
	}
	show := func(u Upstream) string {
		if u.Host == "" {
			return ""
		}
		return u.Host + " " + strconv.Itoa(u.Port)
	}
	return listKind[Upstream]{
		h: h, name: "host and port", read: read, show: show,
		format: func(u Upstream) []string {
			if u.Host == "" {
				return nil
			}
			return []string{quote(u.Host) + " " + strconv.Itoa(u.Port)}
		},
	}
}

// dirKind is dir. The process does not change its working directory, since it may hold several
// engines: a relative path is relative to the current value instead, and the value is absolute.
func dirKind(h *String) kind {
	read := func(args []string, old string) (string, error) {
		if args[0] == "" {
			return "", errors.New(sentence(syscall.ENOENT))
		}
		if filepath.IsAbs(args[0]) {
			return filepath.Clean(args[0]), nil
		}
		return filepath.Join(old, args[0]), nil
	}
	return listKind[string]{
		h: h, name: "directory", read: read, onSet: checkDir,
		show:   func(s string) string { return s },
		format: func(s string) []string { return []string{quote(s)} },
	}
}

// checkDir reports why a server could not work in dir, in the words of the C library. Files do not
// check it: there the server finds out when it opens its data.
func checkDir(dir string) error {
	info, err := os.Stat(dir)
	var no syscall.Errno
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		no = syscall.ENOTDIR
	case !errors.As(err, &no):
		return err
	}
	return errors.New(sentence(no))
}

// sentence is the C library's text of an error, which begins with a capital.
func sentence(no syscall.Errno) string {
	s := no.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}
