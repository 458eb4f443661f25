package cli

import "fmt"

func usageText(version string) string {
	return fmt.Sprintf(`medley cli %s

Usage: medley cli [OPTIONS] [command [argument ...]]
Without a command the client reads commands from the terminal or from a pipe.

Server
  -h <host>            Host name or address (default 127.0.0.1).
  -p <port>            Port (default 6379).
  -s <path>            Unix socket, in place of host and port.
  -u <uri>             All in one: redis://user:password@host:port/db;
                       rediss:// for an encrypted connection.
  -n <db>              Database number.
  -t <seconds>         Give up connecting after that time.
  -c                   Follow the redirections of a cluster.
  -2, -3               Speak RESP2 or RESP3.

Password (also from the environment variable REDISCLI_AUTH)
  -a, --pass <word>    Password.
  --user <name>        User name that goes with it.
  --askpass            Ask for the password.
  --no-auth-warning    Do not warn of a password on the command line.

Encryption
  --tls                Use TLS.
  --sni <name>         Name of the server to ask for.
  --cacert <file>, --cacertdir <dir>
                       Authorities to trust in place of the system's.
  --cert <file>, --key <file>
                       Certificate and key of this client.
  --insecure           Accept any certificate.

Output (for people on a terminal, raw elsewhere)
  --raw, --no-raw      Raw bytes; the form for people.
  --csv                Comma-separated values.
  --json               JSON, over RESP3 unless -2 is given.
  --quoted-json        JSON in ASCII only; other bytes as \xNN.
  -d <text>            Between the elements of a raw reply (default: new line).
  -D <text>            After a raw reply (default: new line).
  -e                   An error reply goes to stderr and ends with exit code 1.
  --show-pushes <yn>   Print push messages (default: on a terminal).

Commands
  -x                   The last argument comes from stdin.
  -X <tag>             The argument that is <tag> comes from stdin.
  -r <count>           Run the command that many times, for ever if negative.
  -i <seconds>         Time between two runs; also for --scan, --stat, --latency
                       and, per 100 rounds, --bigkeys and --memkeys.
  --quoted-input       Arguments are in quotes and may have escapes.
  --eval <file>        Run a script: keys, a comma, arguments.

Modes
  --pipe               Send commands in the wire protocol from stdin.
  --pipe-timeout <s>   With --pipe: wait that long for a reply (default 30, 0:
                       for ever).
  --scan               List keys.
  --pattern <pattern>  Only keys like this; --quoted-pattern takes escapes.
  --type <type>        With --scan: only keys of this type.
  --count <n>          Keys to look at per step (default 10).
  --bigkeys            Look for keys with many elements.
  --memkeys            Look for keys that take much memory;
                       --memkeys-samples <n> says how many elements to measure.
  --stat               Keys, memory, clients and requests, line by line.
  --latency            Measure the time of PING: for ever on a terminal, for one
                       second (or -i) elsewhere.
  --latency-history    The same, starting anew every 15 seconds (or -i).

  --help, --version    Print this, or the version.

Examples
  medley cli set greeting hello
  medley cli -x set picture < cat.png
  medley cli -r 10 -i 1 info stats
  medley cli --eval job.lua queue:1 queue:2 , 100
  medley cli --scan --pattern 'user:*' --type hash
`, version)
}
