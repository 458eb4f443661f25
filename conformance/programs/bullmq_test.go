package programs

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// Workers of BullMQ do the same; see bullmq/jobs.mjs. `make programs` installs it first and
// requires that this runs.
func TestBullMQ(t *testing.T) {
	_, err := os.Stat("bullmq/node_modules")
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err != nil {
		if os.Getenv("MEDLEY_REQUIRE_NODE") != "" {
			t.Fatal(err)
		}
		t.Skip("make programs installs what this needs: ", err)
	}
	_, port, err := net.SplitHostPort(serve(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "jobs.mjs", port, strconv.Itoa(jobs(t)))
	cmd.Dir = "bullmq"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
