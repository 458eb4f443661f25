package conformance

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/medleydb/medley/conformance/cases"
)

func runMain(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Main(args, &o, &e)
	return code, o.String(), e.String()
}

func TestMainRefuses(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		text string
	}{
		{"--nonsense", exitUsage, "flag provided but not defined"},
		{"--resp 4", exitUsage, "2 or 3"},
		{"extra", exitUsage, "unexpected"},
		{"--addr /nowhere/socket", exitError, "no such file"},
		{"--group nonsense", exitError, "no script"},
		{"--help", exitPass, "-reference"},
	} {
		code, _, errOut := runMain(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errOut, c.text) {
			t.Errorf("%s: exit %d, %q", c.args, code, errOut)
		}
	}
}

// TestMainReports runs the tool as a user would.
func TestMainReports(t *testing.T) {
	server := startReference(t, references(t)[0])
	addr := server.Target.(cases.Wire).Addr
	code, out, errOut := runMain("--addr", addr, "--group", "string", "--resp", "2")
	if code != exitPass || !strings.Contains(out, "INCRBYFLOAT") || strings.Contains(out, "EXPIRE") {
		t.Errorf("exit %d, %s\n%s", code, errOut, out)
	}
	code, out, _ = runMain("--addr", addr, "--command", "get", "--json")
	var reports []struct{ Total cases.Tally }
	if err := json.Unmarshal([]byte(out), &reports); err != nil || code != exitPass || len(reports) != 2 || reports[0].Total.Pass == 0 {
		t.Errorf("exit %d, %v:\n%s", code, err, out)
	}
	other := startReference(t, references(t)[0])
	code, out, errOut = runMain("--addr", addr, "--reference", other.Target.(cases.Wire).Addr, "--streams", "1", "--length", "300", "--flush")
	if code != exitPass || !strings.Contains(out, "no difference") {
		t.Errorf("exit %d, %s\n%s", code, errOut, out)
	}
	c, err := server.Target.Dial(2)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("SET", "precious", "data"); err != nil {
		t.Fatal(err)
	}
	code, _, errOut = runMain("--addr", addr, "--command", "get")
	if v, _ := c.Do("GET", "precious"); code != exitError || !strings.Contains(errOut, "--flush") || v.Str != "data" {
		t.Errorf("exit %d, %q, and the data is %q", code, errOut, v.Str)
	}
}
