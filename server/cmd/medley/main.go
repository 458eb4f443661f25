// Command medley is the server and its tools in one binary.
package main

import (
	"fmt"
	"os"

	"github.com/medleydb/medley/server"
)

const usage = `usage: medley COMMAND [arguments]

  server [file.conf] [--option value ...]   start a server
`

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	switch args[0] {
	case "server":
		return server.Main(args[1:], os.Stdin, os.Stderr)
	case "help", "--help", "-h":
		fmt.Print(usage)
		return 0
	}
	fmt.Fprintf(os.Stderr, "medley: unknown command %q\n\n%s", args[0], usage)
	return 2
}
