// Command handler is a Lambda function that behaves as its event, or at its start the
// variable INIT_MODE, says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type request struct {
	Mode     string `json:"mode"`
	Text     string `json:"text"`
	Size     int    `json:"size"`
	Path     string `json:"path"`
	Millis   int    `json:"millis"`
	ExitCode int    `json:"exit_code"`
}

type customError struct{ reason string }

func (e *customError) Error() string { return e.reason }

func main() {
	if err := initialize(os.Getenv("INIT_MODE")); err != nil {
		log.Print("cannot start: ", err)
		os.Exit(1)
	}
	var options []lambda.Option
	if os.Getenv("ENABLE_SIGTERM") != "" {
		options = append(options, lambda.WithEnableSIGTERM(func() {
			fmt.Println("shutting down")
			os.Exit(0)
		}))
	}
	lambda.StartWithOptions(handle, options...)
}

func initialize(mode string) error {
	fmt.Println("initializing")
	switch mode {
	case "fail":
		fmt.Println("the database address is not set")
		return errors.New("DATABASE_URL is required")
	case "exit0":
		os.Exit(0)
	case "hang":
		select {}
	case "report":
		return reportInitError()
	case "allocate":
		touch(200 << 20)
		select {}
	case "poll-and-leave":
		pollAndLeave()
		time.Sleep(20 * time.Millisecond)
		os.Exit(7)
	case "leave-once":
		marker := os.Getenv("MARKER")
		if _, err := os.Stat(marker); err == nil {
			return nil
		}
		if err := os.WriteFile(marker, nil, 0o600); err != nil {
			return err
		}
		pollAndLeave()
		select {}
	case "ignore-sigterm":
		ignoreSIGTERM()
	}
	return nil
}

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	var r request
	if err := json.Unmarshal(event, &r); err != nil {
		return nil, err
	}
	switch r.Mode {
	case "sleep":
		time.Sleep(time.Duration(r.Millis) * time.Millisecond)
	case "wait-for-file":
		fmt.Println("waiting")
		for {
			if _, err := os.Stat(r.Path); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	case "exit":
		os.Exit(r.ExitCode)
	case "kill":
		return nil, syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "panic":
		panic(r.Text)
	case "error":
		return nil, &customError{r.Text}
	case "big":
		return json.RawMessage(`"` + strings.Repeat("x", r.Size-2) + `"`), nil
	case "env":
		return os.Environ(), nil
	case "pid":
		return os.Getpid(), nil
	case "cwd":
		return os.Getwd()
	case "context":
		return describe(ctx), nil
	case "allocate":
		touch(r.Size)
		select {}
	case "log":
		fmt.Print(r.Text)
	case "child":
		child := exec.Command("/bin/sleep", "600")
		if err := child.Start(); err != nil {
			return nil, err
		}
		return child.Process.Pid, nil
	case "length":
		return len(event), nil
	}
	return event, nil
}

func describe(ctx context.Context) map[string]any {
	lc, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"request_id":  lc.AwsRequestID,
		"arn":         lc.InvokedFunctionArn,
		"trace":       os.Getenv("_X_AMZN_TRACE_ID"),
		"deadline_ms": deadline.UnixMilli(),
	}
}

func touch(size int) {
	memory := make([]byte, size)
	for i := 0; i < len(memory); i += 4096 {
		memory[i] = 1
	}
	fmt.Println("allocated", len(memory))
}
