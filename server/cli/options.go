package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A format is how replies are printed.
type format int

const (
	formatStandard format = iota // for people: types, quotes, indices
	formatRaw                    // the bytes, for pipes
	formatCSV
	formatJSON
	formatQuotedJSON // JSON in ASCII: other bytes as \xNN
)

// A mode is what to do instead of sending a command.
type mode int

const (
	modeCommand mode = iota
	modeLatency
	modePipe
	modeBigKeys
	modeMemKeys
	modeStat
	modeScan
)

type options struct {
	host   string
	port   int
	socket string
	db     int
	user   string
	auth   *string // nil: none given; an empty password is one
	tls    tlsOptions

	connectTimeout time.Duration

	askPass, noAuthWarning bool

	format       format
	elemDelim    string // between the elements of an aggregate, raw
	replyDelim   string // after a reply, raw
	showPushes   bool
	errorExit    bool // -e
	cluster      bool // -c
	resp2        bool
	resp3        bool
	resp3Implied bool // asked for by --json: RESP2 will do if the server has no HELLO

	repeat   int64 // negative: for ever
	interval time.Duration

	lastArgFromStdin bool
	stdinTag         string
	hasStdinTag      bool
	quotedInput      bool

	mode           mode
	latencyHistory bool
	pattern        string
	keyType        string
	count          int
	memSamples     int // -1: the server's default
	pipeTimeout    time.Duration
	eval           string

	showVersion bool
	command     []string
}

func defaultOptions(tty bool) *options {
	o := &options{
		host: "127.0.0.1", port: 6379, elemDelim: "\n", replyDelim: "\n", repeat: 1,
		count: 10, memSamples: -1, pipeTimeout: 30 * time.Second,
		format: formatRaw,
	}
	if tty {
		o.format, o.showPushes = formatStandard, true
	}
	return o
}

// parseOptions reads the options up to the first word that is none: the command.
// errUsage asks for the help text.
func parseOptions(args []string, tty bool) (*options, error) {
	o := defaultOptions(tty)
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, rest := args[0], args[1:]
		known, err := o.setFlag(name)
		if err != nil {
			return nil, err
		}
		if !known {
			if len(rest) == 0 {
				if name == "-h" {
					return nil, errUsage
				}
				return nil, unrecognized(name)
			}
			if err := o.setValue(name, rest[0]); err != nil {
				return nil, err
			}
			rest = rest[1:]
		}
		args = rest
	}
	o.command = args
	return o, o.check()
}

func unrecognized(name string) error {
	return fmt.Errorf("Unrecognized option or bad number of args for: '%s'", name)
}

// setFlag sets an option that takes no value; false if it is not one of those.
func (o *options) setFlag(name string) (known bool, err error) {
	switch name {
	case "--help":
		return true, errUsage
	case "-v", "--version":
		o.showVersion = true
	case "-x":
		o.lastArgFromStdin = true
	case "-e":
		o.errorExit = true
	case "-c":
		o.cluster = true
	case "-2":
		o.resp2 = true
	case "-3":
		o.resp3, o.resp3Implied = true, false
	case "--raw":
		o.format = formatRaw
	case "--no-raw":
		o.format = formatStandard
	case "--csv":
		o.format = formatCSV
	case "--json":
		o.setJSON(formatJSON)
	case "--quoted-json":
		o.setJSON(formatQuotedJSON)
	case "--quoted-input":
		o.quotedInput = true
	case "--no-auth-warning":
		o.noAuthWarning = true
	case "--askpass":
		o.askPass = true
	case "--tls":
		o.tls.on = true
	case "--insecure":
		o.tls.insecure = true
	default:
		return o.setMode(name), nil
	}
	return true, nil
}

func (o *options) setMode(name string) bool {
	switch name {
	case "--latency":
		o.mode = modeLatency
	case "--latency-history":
		o.mode, o.latencyHistory = modeLatency, true
	case "--pipe":
		o.mode = modePipe
	case "--bigkeys":
		o.mode = modeBigKeys
	case "--memkeys":
		o.mode = modeMemKeys
	case "--stat":
		o.mode = modeStat
	case "--scan":
		o.mode = modeScan
	default:
		return false
	}
	return true
}

// JSON wants maps, which only RESP3 has; an explicit -2 or -3 goes before.
func (o *options) setJSON(f format) {
	o.format = f
	if !o.resp3 {
		o.resp3, o.resp3Implied = true, true
	}
}

// setValue sets an option that takes a value.
func (o *options) setValue(name, v string) (err error) {
	switch name {
	case "-h":
		o.host = v
	case "-p":
		o.port, err = parsePort(v)
	case "-s":
		o.socket = v
	case "-n":
		o.db, err = parseInt(name, v, math.MinInt32, math.MaxInt32)
	case "-a", "--pass":
		o.auth = &v
	case "--user":
		o.user = v
	case "-u":
		err = o.setURI(v)
	case "-t":
		o.connectTimeout, err = parseSeconds(name, v)
	case "-r":
		o.repeat, err = strconv.ParseInt(v, 10, 64)
		if err != nil {
			err = badValue(name, v)
		}
	case "-i":
		o.interval, err = parseSeconds(name, v)
	case "-X":
		o.stdinTag, o.hasStdinTag = v, true
	case "-d":
		o.elemDelim = v
	case "-D":
		o.replyDelim = v
	case "--eval":
		o.eval = v
	default:
		return o.setLongValue(name, v)
	}
	return err
}

func (o *options) setLongValue(name, v string) (err error) {
	switch name {
	case "--pattern":
		o.pattern = v
	case "--quoted-pattern":
		words, ok := splitArgs(v)
		if !ok || len(words) != 1 {
			return errors.New("Invalid quoted string specified for --quoted-pattern.")
		}
		o.pattern = words[0]
	case "--type":
		o.keyType = v
	case "--count":
		o.count, err = parseInt(name, v, 1, math.MaxInt32)
	case "--memkeys-samples":
		o.mode = modeMemKeys
		o.memSamples, err = parseInt(name, v, 0, math.MaxInt32)
	case "--pipe-timeout":
		o.pipeTimeout, err = parseSeconds(name, v)
	case "--show-pushes":
		switch v[:min(len(v), 1)] {
		case "y", "Y":
			o.showPushes = true
		case "n", "N":
			o.showPushes = false
		default:
			return fmt.Errorf("Unknown --show-pushes value '%s' (valid: '[y]es', '[n]o')", v)
		}
	case "--sni":
		o.tls.serverName = v
	case "--cacert":
		o.tls.caFile = v
	case "--cacertdir":
		o.tls.caDir = v
	case "--cert":
		o.tls.certFile = v
	case "--key":
		o.tls.keyFile = v
	default:
		return unrecognized(name)
	}
	return err
}

func (o *options) check() error {
	switch {
	case o.resp2 && o.resp3 && !o.resp3Implied:
		return errors.New("Options -2 and -3 are mutually exclusive.")
	case o.lastArgFromStdin && o.hasStdinTag:
		return errors.New("Options -x and -X are mutually exclusive.")
	case o.cluster && o.socket != "":
		return errors.New("Options -c and -s are mutually exclusive.")
	case o.resp2:
		o.resp3 = false
	}
	return nil
}

func badValue(name, v string) error {
	return fmt.Errorf("Invalid value '%s' for option %s.", v, name)
}

func parsePort(v string) (int, error) {
	port, err := strconv.ParseUint(v, 10, 16)
	if err != nil {
		return 0, errors.New("Invalid server port.")
	}
	return int(port), nil
}

func parseInt(name, v string, low, high int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, badValue(name, v)
	}
	return n, nil
}

func parseSeconds(name, v string) (time.Duration, error) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || !(f >= 0 && f < 1e9) {
		return 0, badValue(name, v)
	}
	return time.Duration(f * float64(time.Second)), nil
}
