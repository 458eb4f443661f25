package datatypes

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
)

// peer is a connection to a server of the field, with which the tests below
// compare. They run when MEDLEY_PEER holds its address; what they found is frozen
// in the tables of the other tests.
type peer struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func dialPeer(t *testing.T) *peer {
	addr := os.Getenv("MEDLEY_PEER")
	if addr == "" {
		t.Skip("MEDLEY_PEER names no server to compare with")
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t, c, bufio.NewReader(c)}
}

// do sends the commands in one write and returns the replies as text, errors with
// their minus sign.
func (p *peer) do(commands ...[]string) []string {
	var b strings.Builder
	for _, args := range commands {
		fmt.Fprintf(&b, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
		}
	}
	go io.WriteString(p.c, b.String())
	out := make([]string, len(commands))
	for i := range out {
		out[i] = p.reply()
	}
	return out
}

func (p *peer) reply() string {
	line, err := p.r.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	switch line[0] {
	case '+', ':':
		return line[1:]
	case '$':
		n, _ := strconv.Atoi(line[1:])
		if n < 0 {
			return "(null)"
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(p.r, b); err != nil {
			p.t.Fatal(err)
		}
		return string(b[:n])
	case '*':
		n, _ := strconv.Atoi(line[1:])
		parts := make([]string, n)
		for i := range parts {
			parts[i] = p.reply()
		}
		return strings.Join(parts, " ")
	}
	return line
}

// numberText draws the text of a number as people and programs write them.
func numberText(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 1:
		return strconv.FormatFloat(math.Float64frombits(r.Uint64()), 'g', -1, 64)
	case 2:
		return strconv.FormatFloat((r.Float64()-0.5)*math.Pow10(r.IntN(40)-20), 'f', r.IntN(25), 64)
	case 3:
		return strconv.FormatFloat(float64(r.IntN(2000)-1000)/100, 'f', -1, 64)
	case 4:
		return fmt.Sprintf("%d.%018d%d", r.IntN(1000)-500, r.Uint64()%1e18, r.Uint64())
	case 5:
		return fmt.Sprintf("%de%d", int64(r.Uint64())>>r.IntN(64), r.IntN(9900)-4970)
	case 6:
		return fmt.Sprintf("%s%d.%de%d", []string{"", "-"}[r.IntN(2)], r.Uint64(), r.Uint64(), r.IntN(100)-60)
	case 7:
		return fmt.Sprintf("0x%x.%xp%d", r.Uint64()>>r.IntN(64), r.Uint64()>>r.IntN(64), r.IntN(200)-100)
	case 8:
		// Halves of the last printed digit.
		return fmt.Sprintf("%d.%017d5", r.IntN(9), r.Uint64N(1e17))
	}
	return strconv.FormatFloat(r.NormFloat64(), 'f', 1+r.IntN(4), 64)
}

// TestLongDoubleAgainstPeer compares sums and their text with INCRBYFLOAT.
func TestLongDoubleAgainstPeer(t *testing.T) {
	p := dialPeer(t)
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	const batch = 500
	for range 400 {
		var commands [][]string
		var want []string
		for range batch {
			a, b := numberText(r), numberText(r)
			commands = append(commands, []string{"SET", "ld", a}, []string{"INCRBYFLOAT", "ld", b})
			want = append(want, sumText(a, b))
		}
		replies := p.do(commands...)
		for i, w := range want {
			if got := replies[2*i+1]; got != w {
				t.Errorf("%s + %s: %s, here %s", commands[2*i][2], commands[2*i+1][2], got, w)
			}
		}
	}
}

// sumText is what INCRBYFLOAT would answer.
func sumText(a, b string) string {
	x, ok := ParseLongDouble([]byte(a))
	y, ok2 := ParseLongDouble([]byte(b))
	if !ok || !ok2 {
		return "-ERR value is not a valid float"
	}
	sum, ok := x.Add(y)
	if !ok {
		return "-ERR increment would produce NaN or Infinity"
	}
	return string(sum.Append(nil))
}
