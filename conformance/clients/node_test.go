package clients

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Node's client libraries get what they expect on both back ends. `make clients`
// installs them first and requires that this runs.
func TestNode(t *testing.T) {
	_, err := os.Stat("node/node_modules")
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err != nil {
		if os.Getenv("MEDLEY_REQUIRE_NODE") != "" {
			t.Fatal(err)
		}
		t.Skip("make clients installs what this needs: ", err)
	}
	for _, portable := range []bool{false, true} {
		t.Run(map[bool]string{false: "native", true: "portable"}[portable], func(t *testing.T) {
			addr := listen(t, open(t), "tcp", portable)
			_, port, _ := strings.Cut(addr, ":")
			cmd := exec.CommandContext(t.Context(), "node", "roundtrips.mjs", port)
			cmd.Dir = "node"
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
