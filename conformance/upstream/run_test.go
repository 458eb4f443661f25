//go:build unix

package upstream

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The test binary plays the server and the suite's interpreter when these are set: the harness is
// tested on real processes, with neither a server nor Tcl at hand.
const (
	playVariable = "UPSTREAM_TEST_PLAY"
	playGood     = "good"
	playDying    = "dying" // the server ends after a moment
	playHanging  = "hanging"
)

func TestMain(m *testing.M) {
	play := os.Getenv(playVariable)
	switch {
	case play == "":
		os.Exit(m.Run())
	case strings.HasSuffix(os.Args[1], "launch.tcl"):
		playSuite(play)
	default:
		playServer(play)
	}
}

// playServer answers PING on the port that it is given.
func playServer(play string) {
	if os.Args[1] != "server" || os.Args[2] != "--port" {
		os.Exit(3)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[3])
	if err != nil {
		os.Exit(4)
	}
	if play == playDying {
		time.AfterFunc(300*time.Millisecond, func() { panic("a bug") })
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			os.Exit(5)
		}
		_, _ = conn.Write([]byte("+PONG\r\n"))
		conn.Close()
	}
}

// playSuite reports two tests as the suite does, or hangs after the first.
func playSuite(play string) {
	if _, err := os.Stat("tests/unit/a.tcl"); err != nil {
		os.Exit(3)
	}
	os.Stdout.WriteString("[ok]: one (0 ms)\n")
	if play != playGood {
		time.Sleep(time.Hour)
	}
	os.Stdout.WriteString("[ok]: two  (0 ms)\n[1/1 done]: unit/a (0 seconds)\n")
	os.Exit(0)
}

func runSample(t *testing.T, play string, o Options) UnitGrade {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range []string{"tests/unit/a.tcl", "tests/test_helper.tcl", "utils/x"} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(playVariable, play)
	o.Server, o.Style, o.Tclsh, o.SuiteDirs = self, StyleMedley, self, map[string]string{Redis: dir}
	if o, err = o.WithDefaults(); err != nil {
		t.Fatal(err)
	}
	m := parseSample(t)
	var grade UnitGrade
	err = Run(context.Background(), o, []Job{{m, "unit/a"}}, func(_ int, run UnitRun) {
		grade = Grade(run, m, &Exceptions{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return grade
}

func TestRunGradesAUnit(t *testing.T) {
	logs := t.TempDir()
	g := runSample(t, playGood, Options{LogDir: logs})
	if len(g.OK) != 2 || len(g.Missing) != 1 || len(g.Problems) != 0 {
		t.Errorf("grade %+v, want two of three and no problem", g)
	}
	if _, err := os.Stat(filepath.Join(logs, "redis-unit-a.out")); err != nil {
		t.Error(err)
	}
}

func TestRunReportsADeadServer(t *testing.T) {
	g := runSample(t, playDying, Options{})
	if len(g.OK) != 1 || len(g.Problems) != 2 {
		t.Fatalf("grade %+v, want the first test and two problems", g)
	}
	if !strings.Contains(g.Problems[0], "the server died: exit status 2") || !strings.Contains(g.Problems[0], "panic: a bug") {
		t.Errorf("problem %q, want the panic", g.Problems[0])
	}
	if g.Problems[1] != "stopped: no server any more" {
		t.Errorf("problem %q", g.Problems[1])
	}
}

func TestRunStopsAUnitAtItsLimit(t *testing.T) {
	g := runSample(t, playHanging, Options{UnitLimit: 500 * time.Millisecond})
	if len(g.OK) != 1 || len(g.Problems) != 1 || g.Problems[0] != "stopped: the unit ran for 500ms" {
		t.Errorf("grade %+v, want the first test and the limit", g)
	}
}

func TestRunNamesWhatIsNotThere(t *testing.T) {
	_, err := Options{Style: StyleMedley, Server: os.Args[0], Tclsh: "x",
		SuiteDirs: map[string]string{Redis: t.TempDir()}}.WithDefaults()
	if err == nil || !strings.Contains(err.Error(), "fetch.sh") {
		t.Errorf("error %v, want one that says how to get the suite", err)
	}
	if _, err = (Options{Style: StyleMedley, Server: "/no/such/binary", Tclsh: "x"}).WithDefaults(); err == nil {
		t.Error("a server binary that is not there was accepted")
	}
}
