package resp

import (
	"bytes"
	"testing"
)

// collect parses all of in, handed over in pieces that grow as cuts say, and returns the
// commands and the error that ended it.
func collect(in []byte, cuts []byte) (commands [][][]byte, err error) {
	p := Parser{MaxBulk: 1 << 20}
	start, end := 0, 0
	for i := 0; ; i++ {
		for {
			args, n, err := p.Next(in[start:end], nil)
			if err != nil {
				return commands, err
			}
			if n == 0 {
				break
			}
			start += n
			if len(args) > 0 {
				var own [][]byte
				for _, a := range args {
					own = append(own, bytes.Clone(a))
				}
				commands = append(commands, own)
			}
		}
		if end == len(in) {
			return commands, nil
		}
		step := 1
		if len(cuts) > 0 {
			step += int(cuts[i%len(cuts)])
		}
		end = min(end+step, len(in))
	}
}

func same(a, b [][][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if !bytes.Equal(a[i][j], b[i][j]) {
				return false
			}
		}
	}
	return true
}

// FuzzParser protects the protocol's edge: any bytes give commands or an error, never
// a panic, and the same ones however the network cuts them.
func FuzzParser(f *testing.F) {
	for _, s := range []string{
		"*1\r\n$4\r\nPING\r\n", "PING\r\n", "SET \"a b\" 'c\\'d'\n", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
		"*-1\r\n*0\r\n\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n", "*1\r\n$+1\r\n", "*00001\r\n$4\r\nPING\r\n",
		"*1\r\n$4\r\nPINGxx", "*99999999999\r\n", "*1\r\n$99999999999\r\n", "\"\\x4", "*2\r\n$1\r\na\r\n:1\r\n",
	} {
		f.Add([]byte(s), []byte{0})
		f.Add([]byte(s+s), []byte{3, 1})
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte) {
		whole, err := collect(in, []byte{255})
		pieces, err2 := collect(in, cuts)
		if !same(whole, pieces) || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: whole %q (%v), in pieces %q (%v)", in, whole, err, pieces, err2)
		}
		single, err3 := collect(in, nil)
		if !same(whole, single) || (err == nil) != (err3 == nil) {
			t.Fatalf("%q: whole %q (%v), byte by byte %q (%v)", in, whole, err, single, err3)
		}
	})
}

// TestRoundTrip protects what clients of this package send.
func TestRoundTrip(t *testing.T) {
	in := AppendCommand(nil, "SET", "", "a\r\nb")
	got, err := collect(in, nil)
	if err != nil || len(got) != 1 || string(got[0][2]) != "a\r\nb" || len(got[0][1]) != 0 {
		t.Fatal(got, err)
	}
}

// TestGuestLimits protects memory from clients that have not authenticated.
func TestGuestLimits(t *testing.T) {
	for in, want := range map[string]string{
		"*11\r\n":             "Protocol error: unauthenticated multibulk length",
		"*1\r\n$16385\r\n":    "Protocol error: unauthenticated bulk length",
		"*10\r\n$16384\r\nab": "",
	} {
		p := Parser{MaxBulk: 1 << 20, Guest: true}
		_, _, err := p.Next([]byte(in), nil)
		if err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}
