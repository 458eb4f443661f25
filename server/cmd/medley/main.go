// Command medley is the server and its tools in one binary.
package main

import (
	"fmt"
	"os"

	"github.com/medleydb/medley/conformance"
	"github.com/medleydb/medley/server"
	"github.com/medleydb/medley/server/check"
	"github.com/medleydb/medley/server/cli"
)

const usage = `usage: medley COMMAND [arguments]

  server [file.conf] [--option value ...]   start a server
  cli [options] [command [argument ...]]    talk to a server
  check rdb|aof [--fix] FILE                look whether files of data are whole
  conformance --addr host:port              report what a server supports

Each command but server tells its options with --help.
`

func main() {
	end := profile()
	status := run(os.Args[1:])
	end()
	os.Exit(status)
}

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	switch args[0] {
	case "server":
		return server.Main(args[1:], os.Stdin, os.Stderr)
	case "cli":
		return cli.Main(args[1:], os.Stdin, os.Stdout, os.Stderr)
	case "check":
		return check.Main(args[1:], os.Stdout, os.Stderr)
	case "conformance":
		return conformance.Main(args[1:], os.Stdout, os.Stderr)
	case "help", "--help", "-h":
		fmt.Print(usage)
		return 0
	}
	fmt.Fprintf(os.Stderr, "medley: unknown command %q\n\n%s", args[0], usage)
	return 2
}
