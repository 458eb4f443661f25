package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"golang.org/x/term"
)

// Main runs the client with the arguments after `medley cli` and returns the exit
// code of the process.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	p := program{args: args, in: stdin, out: stdout, errOut: stderr, env: os.Getenv}
	f, ok := stdout.(*os.File)
	outTTY := ok && term.IsTerminal(int(f.Fd()))
	p.inTTY = term.IsTerminal(int(stdin.Fd()))
	p.editable = p.inTTY && outTTY
	p.outTTY = outTTY || p.env("FAKETTY") != "" // for scripts that test what people see
	return p.run()
}

// A program is one run with everything it takes from its surroundings, so that
// tests can run it in process.
type program struct {
	args     []string
	in       *os.File
	out      io.Writer
	errOut   io.Writer
	env      func(string) string
	inTTY    bool
	outTTY   bool // print for people
	editable bool // both ends are a terminal: a person types here
}

// errUsage ends the program after a message that was already printed.
var errUsage = errors.New("cli: usage")

func (p *program) run() int {
	opt, err := parseOptions(p.args, p.outTTY)
	switch {
	case errors.Is(err, errUsage):
		io.WriteString(p.out, usageText(version()))
		return 0
	case err != nil:
		fmt.Fprintln(p.errOut, err)
		return 1
	case opt.showVersion:
		fmt.Fprintf(p.out, "medley cli %s\n", version())
		return 0
	}
	if opt.auth != nil && !opt.noAuthWarning {
		fmt.Fprintln(p.errOut, "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.")
	}
	if v := p.env("REDISCLI_AUTH"); v != "" && opt.auth == nil {
		opt.auth = &v
	}
	if opt.askPass {
		pass, err := p.askPassword("Please input password: ")
		if err != nil {
			fmt.Fprintf(p.errOut, "Could not read the password: %v\n", err)
			return 1
		}
		opt.auth = &pass
	}
	s := newSession(p, opt)
	defer s.close()
	return s.run()
}

// run chooses what the options ask for.
func (s *session) run() int {
	if mode := s.mode(); mode != nil {
		if s.connect(false) != nil {
			return 1
		}
		return s.report(mode())
	}
	switch {
	case s.opt.eval != "":
		if s.connect(false) != nil {
			return 1
		}
		return s.runEval(s.opt.command)
	case len(s.opt.command) > 0:
		s.connect(true) // the command says so itself when there is no connection
		return s.runOnce(s.opt.command)
	}
	s.connect(false)
	return s.repl()
}

// mode returns the mode that the options name, nil for commands and the prompt.
func (s *session) mode() func() error {
	switch s.opt.mode {
	case modeLatency:
		return s.runLatency
	case modePipe:
		return s.runPipe
	case modeBigKeys, modeMemKeys:
		return s.runBigKeys
	case modeStat:
		return s.runStat
	case modeScan:
		return s.runScan
	}
	return nil
}

// report prints err and returns the exit code for it. A failed exit has printed
// its message already.
func (s *session) report(err error) int {
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(s.errOut, err)
	return 1
}

// An exitCode ends the program with that code; what there is to say was said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit %d", int(c)) }

func (p *program) askPassword(prompt string) (string, error) {
	if !p.inTTY {
		return readLine(p.in)
	}
	io.WriteString(p.errOut, prompt)
	b, err := term.ReadPassword(int(p.in.Fd()))
	io.WriteString(p.errOut, "\n")
	return string(b), err
}

// readLine reads one line byte by byte, so that nothing after it is swallowed.
func readLine(r io.Reader) (string, error) {
	var line []byte
	var b [1]byte
	for {
		n, err := r.Read(b[:])
		if n == 1 {
			if b[0] == '\n' {
				return string(line), nil
			}
			line = append(line, b[0])
			continue
		}
		if err == io.EOF && len(line) > 0 {
			return string(line), nil
		}
		if err != nil {
			return "", err
		}
	}
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
