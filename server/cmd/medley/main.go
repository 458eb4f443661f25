// Command medley is the server and its tools in one binary.
package main

import (
	"fmt"
	"os"

	"github.com/medleydb/medley/server/cli"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "cli" {
		os.Exit(cli.Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
	fmt.Fprintln(os.Stderr, "usage: medley cli [options] [command]")
	os.Exit(2)
}
