package cli

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions(strings.Fields("-h db -p 7000 -n 3 -a pw --user ann -r -1 -i 0.25 --csv -3 get -p"), true)
	if err != nil {
		t.Fatal(err)
	}
	if o.host != "db" || o.port != 7000 || o.db != 3 || *o.auth != "pw" || o.user != "ann" ||
		o.repeat != -1 || o.interval != 250*time.Millisecond || o.format != formatCSV || !o.resp3 {
		t.Errorf("got %+v", o)
	}
	if got := strings.Join(o.command, " "); got != "get -p" {
		t.Errorf("command %q: options end at the first word that is none", got)
	}
}

// Protects that bad input is refused in words, not taken for something else.
func TestBadOptions(t *testing.T) {
	for line, want := range map[string]string{
		"--bogus":               "Unrecognized option or bad number of args for: '--bogus'",
		"-p":                    "Unrecognized option or bad number of args for: '-p'",
		"-p x":                  "Invalid server port.",
		"-p 70000":              "Invalid server port.",
		"-n x":                  "Invalid value 'x' for option -n.",
		"-r 1x":                 "Invalid value '1x' for option -r.",
		"-i NaN":                "Invalid value 'NaN' for option -i.",
		"-i -1":                 "Invalid value '-1' for option -i.",
		"--count 0":             "Invalid value '0' for option --count.",
		"-2 -3":                 "Options -2 and -3 are mutually exclusive.",
		"-x -X t":               "Options -x and -X are mutually exclusive.",
		"-u http://a":           "Invalid URI scheme",
		"-u redis://a/x":        "Invalid database number 'x' in the URI",
		"-u redis://%zz@a":      "Illegal character in URI encoding",
		"-u redis://a:0x1":      "Invalid server port.",
		"-u redis://[::1":       "Invalid address '[::1' in the URI",
		"--show-pushes maybe":   "Unknown --show-pushes value 'maybe' (valid: '[y]es', '[n]o')",
		"--quoted-pattern \"ab": "Invalid quoted string specified for --quoted-pattern.",
	} {
		if _, err := parseOptions(strings.Fields(line), false); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", line, err, want)
		}
	}
}

func TestJSONImpliesRESP3(t *testing.T) {
	for line, want := range map[string][2]bool{
		"--json": {true, true}, "-3 --json": {true, false}, "--json -3": {true, false}, "-2 --json": {false, true},
	} {
		o, err := parseOptions(strings.Fields(line), false)
		if err != nil || o.resp3 != want[0] || o.resp3Implied != want[1] {
			t.Errorf("%s: resp3 %v implied %v, %v", line, o.resp3, o.resp3Implied, err)
		}
	}
}

func TestURI(t *testing.T) {
	for uri, want := range map[string]string{
		"redis://":                    "127.0.0.1 6379 0 - ",
		"redis://host":                "host 6379 0 - ",
		"redis://host:1234/5":         "host 1234 5 - ",
		"redis://p%40ss@host":         "host 6379 0 p@ss ",
		"redis://ann:pw@host:1/":      "host 1 0 pw ann",
		"redis://[::1]:7000/2":        "::1 7000 2 - ",
		"REDIS://:pw@":                "127.0.0.1 6379 0 pw ",
		"rediss://user:a%2Fb@h.x:7/0": "h.x 7 0 a/b user",
	} {
		o := defaultOptions(false)
		if err := o.setURI(uri); err != nil {
			t.Errorf("%s: %v", uri, err)
			continue
		}
		pass := "-"
		if o.auth != nil {
			pass = *o.auth
		}
		got := strings.Join([]string{o.host, strconv.Itoa(o.port), strconv.Itoa(o.db), pass, o.user}, " ")
		if got != want || o.tls.on != strings.HasPrefix(uri, "rediss") {
			t.Errorf("%s: got %q, want %q", uri, got, want)
		}
	}
}
