package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// A redirect is the answer of a cluster node that does not serve the key.
type redirect struct {
	host string // "": the host asked
	port int
	slot string
	ask  bool // for this one command only; the other node wants ASKING first
}

func (r *redirect) Error() string { return "redirected to slot " + r.slot }

// parseRedirect reads MOVED 3999 127.0.0.1:6381 and ASK 3999 127.0.0.1:6381.
func parseRedirect(v command.Value) (*redirect, bool) {
	words := strings.Fields(v.Str)
	if v.Kind != command.Error || len(words) != 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return nil, false
	}
	colon := strings.LastIndexByte(words[2], ':') // an IPv6 address has more
	if colon < 0 {
		return nil, false
	}
	port, err := parsePort(words[2][colon+1:])
	if err != nil {
		return nil, false
	}
	return &redirect{host: words[2][:colon], port: port, slot: words[1], ask: words[0] == "ASK"}, true
}

// sendFollowing sends a command to the node that has its key, wherever the first
// one sends it.
func (s *session) sendFollowing(args []string) error {
	for {
		err := s.sendOne(args)
		var to *redirect
		if !errors.As(err, &to) {
			return err
		}
		if to.host != "" {
			s.opt.host = to.host
		}
		s.opt.port = to.port
		if s.interactive {
			fmt.Fprintf(s.out, "-> Redirected to slot [%s] located at %s:%d\n", to.slot, s.opt.host, s.opt.port)
		}
		if s.connect(false) != nil {
			return exitCode(1) // it was reported
		}
		if to.ask {
			if _, err := s.setUp("ASKING", "ASKING"); err != nil {
				return exitCode(1)
			}
		}
	}
}
