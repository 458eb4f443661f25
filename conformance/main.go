package conformance

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/diff"
)

// Exit codes of Main.
const (
	exitPass  = 0
	exitFail  = 1 // a case failed, a command is missing, or the servers differ
	exitUsage = 2
	exitError = 3 // a server could not be reached, or must not be emptied
)

type settings struct {
	addr, reference, user, password string
	group, command, families        string
	proto, streams, length          int
	seed                            uint64
	json, flush                     bool
}

// Main is the command "conformance": it plays the case scripts against a server and
// reports for each data type what the server supports, or, with --reference, sends random
// commands to two servers and prints the first difference. It returns the exit code.
func Main(args []string, out, errOut io.Writer) int {
	var s settings
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&s.addr, "addr", "127.0.0.1:6379", "`host:port` or socket of the server to test")
	f.StringVar(&s.reference, "reference", "", "`host:port` of a server to compare with, instead of playing scripts")
	f.StringVar(&s.user, "user", "", "user `name` for both servers")
	f.StringVar(&s.password, "password", "", "`password` for both servers")
	f.StringVar(&s.group, "group", "", "only scripts of this `group`, such as string")
	f.StringVar(&s.command, "command", "", "only the script of this `command`")
	f.IntVar(&s.proto, "resp", 0, "protocol, `2 or 3`; both if not given")
	f.BoolVar(&s.json, "json", false, "report in JSON")
	f.BoolVar(&s.flush, "flush", false, "go on even if a server holds data, which is lost")
	f.StringVar(&s.families, "families", "", "with --reference: command families, with `commas` between; all if not given")
	f.Uint64Var(&s.seed, "seed", 1, "with --reference: `number` of the first stream")
	f.IntVar(&s.streams, "streams", 10, "with --reference: `number` of streams")
	f.IntVar(&s.length, "length", 2000, "with --reference: `number` of commands in a stream")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitPass
		}
		return exitUsage
	}
	protos := []int{2, 3}
	if s.proto != 0 {
		if protos = []int{s.proto}; s.proto != 2 && s.proto != 3 {
			fmt.Fprintln(errOut, "--resp is 2 or 3")
			return exitUsage
		}
	}
	if f.NArg() > 0 {
		fmt.Fprintf(errOut, "unexpected %q\n", f.Args())
		return exitUsage
	}
	run := s.playScripts
	if s.reference != "" {
		run = s.compareServers
	}
	code, err := run(protos, out)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return exitError
	}
	return code
}

// open looks at a server before anything is done to it.
func (s *settings) open(addr string) (diff.Server, error) {
	w := cases.Wire{Addr: addr, Username: s.user, Password: s.password}
	peer, err := cases.Detect(w)
	if err != nil {
		return diff.Server{}, err
	}
	c, err := w.Dial(2)
	if err != nil {
		return diff.Server{}, err
	}
	defer c.Close()
	v, err := c.Do("INFO", "keyspace")
	if err != nil {
		return diff.Server{}, err
	}
	if strings.Contains(v.Str, "keys=") && !s.flush {
		return diff.Server{}, fmt.Errorf("%s holds data, which would be lost: start an empty server, or say --flush", addr)
	}
	return diff.Server{Target: w, Peer: peer}, nil
}

func (s *settings) playScripts(protos []int, out io.Writer) (int, error) {
	files, err := Scripts()
	if err != nil {
		return 0, err
	}
	known := slices.ContainsFunc(files, func(f *cases.File) bool {
		return (s.group == "" || s.group == f.Group) && (s.command == "" || strings.EqualFold(s.command, f.Command))
	})
	if !known {
		return 0, errors.New("no script of that group and command")
	}
	server, err := s.open(s.addr)
	if err != nil {
		return 0, err
	}
	var reports []*cases.Report
	code := exitPass
	for _, proto := range protos {
		r, err := cases.Run(server.Target, files, cases.Options{Proto: proto, Peer: server.Peer, Group: s.group, Command: s.command})
		if err != nil {
			return 0, err
		}
		if r.Total().Bad() {
			code = exitFail
		}
		reports = append(reports, r)
		if !s.json {
			r.WriteText(out)
			fmt.Fprintln(out)
		}
	}
	if s.json {
		return code, cases.WriteJSON(out, reports...)
	}
	return code, nil
}

func (s *settings) compareServers(protos []int, out io.Writer) (int, error) {
	tested, err := s.open(s.addr)
	if err != nil {
		return 0, err
	}
	reference, err := s.open(s.reference)
	if err != nil {
		return 0, err
	}
	var families []string
	if s.families != "" {
		families = strings.Split(s.families, ",")
	}
	for _, proto := range protos {
		d, err := diff.Run(tested, reference, diff.Options{Seed: s.seed, Streams: s.streams, Length: s.length,
			Proto: proto, Families: families})
		if err != nil {
			return 0, err
		}
		if d != nil {
			fmt.Fprintf(out, "# %s at %s differs from %s at %s\n%s", tested.Peer, s.addr, reference.Peer, s.reference, d.Script())
			return exitFail, nil
		}
		fmt.Fprintf(out, "RESP%d: no difference between %s and %s in %d streams of %d commands\n",
			proto, tested.Peer, reference.Peer, s.streams, s.length)
	}
	return exitPass, nil
}
