package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// A typeSize sums up the keys of one type.
type typeSize struct {
	name        string
	sizeCommand string // "" if there is none
	unit        string
	count       int64
	total       int64
	biggest     int64
	biggestKey  string // quoted
}

// A sizeSurvey is one run of --bigkeys or --memkeys.
type sizeSurvey struct {
	*session
	memory     bool
	types      []*typeSize // in the order of the report
	totalKeys  int64
	sampled    int64
	keyBytes   int64
	scanRounds int
}

// runBigKeys looks for the biggest key of each type, by elements or by memory.
func (s *session) runBigKeys() error {
	signal.Notify(s.interrupt, os.Interrupt)
	v := &sizeSurvey{session: s, memory: s.opt.mode == modeMemKeys, types: []*typeSize{
		{name: "string", sizeCommand: "STRLEN", unit: "bytes"},
		{name: "list", sizeCommand: "LLEN", unit: "items"},
		{name: "set", sizeCommand: "SCARD", unit: "members"},
		{name: "hash", sizeCommand: "HLEN", unit: "fields"},
		{name: "zset", sizeCommand: "ZCARD", unit: "members"},
		{name: "stream", sizeCommand: "XLEN", unit: "entries"},
	}}
	size, err := s.conn.do("DBSIZE")
	switch {
	case err != nil:
		return errors.New("\nI/O error")
	case size.Kind != command.Int:
		return fmt.Errorf("Couldn't determine DBSIZE: %s", size.Str)
	}
	v.totalKeys = size.Int
	fmt.Fprint(s.out, "\n# Scanning the entire keyspace to find biggest keys as well as\n"+
		"# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n"+
		"# per 100 SCAN commands (not usually needed).\n\n")
	// A replica in a cluster answers only after this; elsewhere it does nothing.
	if _, err := s.conn.do("READONLY"); err != nil {
		return errors.New("\nI/O error")
	}
	if err := s.scan("", v.step); err != nil {
		return err
	}
	v.report()
	return nil
}

// step measures the keys of one step of the scan.
func (v *sizeSurvey) step(keys []command.Value) error {
	done := v.percentDone()
	types, err := v.keyTypes(keys)
	if err != nil {
		return err
	}
	sizes, err := v.keySizes(keys, types)
	if err != nil {
		return err
	}
	for i, k := range keys {
		if types[i] != nil { // else it went away in between
			v.count(types[i], k.Str, sizes[i], done)
		}
	}
	if v.scanRounds++; v.scanRounds%100 == 0 {
		v.pause(v.opt.interval)
	}
	return nil
}

func (v *sizeSurvey) percentDone() float64 {
	if v.totalKeys == 0 {
		return 0
	}
	return 100 * float64(v.sampled) / float64(v.totalKeys)
}

func (v *sizeSurvey) count(t *typeSize, key string, size int64, done float64) {
	t.total += size
	t.count++
	v.keyBytes += int64(len(key))
	v.sampled++
	if t.biggest < size {
		t.biggest, t.biggestKey = size, string(datatypes.AppendQuoted(nil, key))
		fmt.Fprintf(v.out, "[%05.2f%%] Biggest %-6s found so far %s with %d %s\n",
			done, t.name, t.biggestKey, size, v.unit(t))
	}
	if v.sampled%1000000 == 0 {
		fmt.Fprintf(v.out, "[%05.2f%%] Sampled %d keys so far\n", done, v.sampled)
	}
}

func (v *sizeSurvey) unit(t *typeSize) string {
	if v.memory {
		return "bytes"
	}
	return t.unit
}

// keyTypes asks for the types of keys in one pipeline; nil for a key that is gone.
func (v *sizeSurvey) keyTypes(keys []command.Value) ([]*typeSize, error) {
	for _, k := range keys {
		if err := v.conn.send("TYPE", k.Str); err != nil {
			return nil, err
		}
	}
	types := make([]*typeSize, len(keys))
	for i := range keys {
		r, err := v.conn.answer()
		switch {
		case err != nil:
			return nil, fmt.Errorf("Error getting type for key: %w", err)
		case r.Kind == command.Error:
			return nil, fmt.Errorf("TYPE returned an error: %s", r.Str)
		case r.Str != "none":
			types[i] = v.typeNamed(r.Str)
		}
	}
	return types, nil
}

// typeNamed returns the type; one that is not known has no sizes, only a count.
func (v *sizeSurvey) typeNamed(name string) *typeSize {
	for _, t := range v.types {
		if t.name == name {
			return t
		}
	}
	t := &typeSize{name: name, unit: "?"}
	v.types = append(v.types, t)
	return t
}

// keySizes asks for the sizes of keys in one pipeline.
func (v *sizeSurvey) keySizes(keys []command.Value, types []*typeSize) ([]int64, error) {
	queries := make([][]string, len(keys))
	for i, k := range keys {
		queries[i] = v.sizeQuery(types[i], k.Str)
		if queries[i] == nil {
			continue
		}
		if err := v.conn.send(queries[i]...); err != nil {
			return nil, err
		}
	}
	sizes := make([]int64, len(keys))
	for i, k := range keys {
		if queries[i] == nil {
			continue
		}
		r, err := v.conn.answer()
		if err != nil {
			return nil, fmt.Errorf("Error getting size for key: %w", err)
		}
		if r.Kind != command.Int { // another type by now, or gone
			name := strings.Join(queries[i][:len(queries[i])-1], " ")
			if v.memory {
				name = "MEMORY USAGE"
			}
			fmt.Fprintf(v.errOut, "Warning:  %s on '%s' failed (may have changed type)\n", name, k.Str)
			continue
		}
		sizes[i] = r.Int
	}
	return sizes, nil
}

func (v *sizeSurvey) sizeQuery(t *typeSize, key string) []string {
	switch {
	case t == nil:
		return nil
	case !v.memory && t.sizeCommand == "":
		return nil
	case !v.memory:
		return []string{t.sizeCommand, key}
	case v.opt.memSamples >= 0:
		return []string{"MEMORY", "USAGE", key, "SAMPLES", strconv.Itoa(v.opt.memSamples)}
	}
	return []string{"MEMORY", "USAGE", key}
}

func (v *sizeSurvey) report() {
	fmt.Fprint(v.out, "\n-------- summary -------\n\n")
	if v.interrupted() {
		fmt.Fprintf(v.out, "[%05.2f%%] ", v.percentDone())
	}
	fmt.Fprintf(v.out, "Sampled %d keys in the keyspace!\n", v.sampled)
	fmt.Fprintf(v.out, "Total key length in bytes is %d (avg len %.2f)\n\n",
		v.keyBytes, ratio(v.keyBytes, v.sampled))
	for _, t := range v.types {
		if t.biggestKey != "" {
			fmt.Fprintf(v.out, "Biggest %6s found %s has %d %s\n", t.name, t.biggestKey, t.biggest, v.unit(t))
		}
	}
	fmt.Fprintln(v.out)
	for _, t := range v.types {
		fmt.Fprintf(v.out, "%d %ss with %d %s (%05.2f%% of keys, avg size %.2f)\n",
			t.count, t.name, t.total, v.unit(t), 100*ratio(t.count, v.sampled), ratio(t.total, t.count))
	}
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
