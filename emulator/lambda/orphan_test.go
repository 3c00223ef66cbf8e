package lambda

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
)

// orphanVariable makes the test binary a program that starts the function it names,
// prints the process id, and waits to be killed. On Linux the function is then at work,
// where only the kernel can end it; elsewhere it is idle, and ends by itself.
const orphanVariable = "LAMBDA_TEST_ORPHAN_BINARY"

func runOrphanParent() int {
	f, err := New(Config{Name: "orphan", Binary: os.Getenv(orphanVariable), Timeout: maxTimeout, Logs: os.Stdout})
	if err == nil {
		err = f.Warm(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(f.Pids()[0])
	if runtime.GOOS == "linux" {
		output, err := f.Invoke(context.Background(), mode("wait-for-file"))
		fmt.Fprintln(os.Stderr, "the invocation ended:", output.FunctionError, err)
		return 1
	}
	select {}
}

func TestProcessesDoNotSurviveAKilledParent(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), orphanVariable+"="+handlerBinary)
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			pid = n
		}
		if lines.Text() == "waiting" || pid > 0 && runtime.GOOS != "linux" {
			break
		}
	}
	if pid == 0 || !runs(pid) {
		t.Fatalf("process %d is not there before the kill", pid)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Fatal("the parent was not killed")
	}
	eventually(t, "the end of the orphan", func() bool { return !runs(pid) })
}
