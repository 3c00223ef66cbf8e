package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestIsStack(t *testing.T) {
	t.Parallel()
	if IsStack(0) || IsStack(-1) || IsStack(os.Getpid()) {
		t.Error("what is no stack counts as one")
	}
	for line, want := range map[string]bool{
		"/opt/fluxa/fluxa up --dir /data": true, "fluxa-local up": true, "fluxa down": false, "bash up": false, "fluxa": false,
	} {
		if got := runsStack(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	// A process that has ended and was not waited for is no longer one.
	ended := exec.Command("true")
	if err := ended.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for Exists(ended.Process.Pid) && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if Exists(ended.Process.Pid) {
		t.Error("an ended process still exists")
	}
	if err := ended.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := Terminate(ended.Process.Pid); err != nil {
		t.Errorf("to end a process that has ended: %v", err)
	}
}
