package lambda

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestInvoke(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)

	t.Run("the_answer_is_what_the_function_returned", func(t *testing.T) {
		out := invokeOK(t, f, Input{Payload: []byte(`{"text":"ä\u0000<"}`)})
		if string(out.Payload) != `{"text":"ä\u0000<"}` {
			t.Errorf("payload %s", out.Payload)
		}
		if len(out.RequestID) != 36 {
			t.Errorf("request id %q", out.RequestID)
		}
	})
	t.Run("an_empty_payload_is_an_empty_object", func(t *testing.T) {
		if out := invokeOK(t, f, Input{}); string(out.Payload) != "{}" {
			t.Errorf("payload %s", out.Payload)
		}
	})
	t.Run("Call_gives_the_same_as_plain_values", func(t *testing.T) {
		answer, functionError, err := f.Call(t.Context(), []byte(`{"mode":"error","text":"no"}`), "")
		if err != nil || functionError != "Unhandled" || string(answer) != `{"errorMessage":"no","errorType":"customError"}` {
			t.Errorf("%s %q %v", answer, functionError, err)
		}
	})
	t.Run("sequential_invocations_use_one_process", func(t *testing.T) {
		first := string(invokeOK(t, f, mode("pid")).Payload)
		for range 20 {
			if got := string(invokeOK(t, f, mode("pid")).Payload); got != first {
				t.Fatalf("pid %s, before it was %s", got, first)
			}
		}
		if pids := f.Pids(); len(pids) != 1 || strconv.Itoa(pids[0]) != first {
			t.Errorf("pids %v, want [%s]", pids, first)
		}
	})
	t.Run("an_error_of_the_function_keeps_its_process", func(t *testing.T) {
		before := f.Pids()
		out := invoke(t, f, event(t, map[string]any{"mode": "error", "text": "out of stock"}))
		expectFault(t, out, "customError", "out of stock")
		if after := f.Pids(); !slices.Equal(before, after) {
			t.Errorf("pids %v, before %v", after, before)
		}
	})
}

func TestInvokeContext(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.Region, c.AccountID = "eu-west-1", "123456789012" })
	type described struct {
		RequestID  string `json:"request_id"`
		ARN        string `json:"arn"`
		Trace      string `json:"trace"`
		DeadlineMs int64  `json:"deadline_ms"`
	}

	before := time.Now()
	in := mode("context")
	in.TraceID = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
	out := invokeOK(t, f, in)
	got := decode[described](t, out.Payload)
	if got.RequestID != out.RequestID {
		t.Errorf("request id %q, want %q", got.RequestID, out.RequestID)
	}
	if want := "arn:aws:lambda:eu-west-1:123456789012:function:echo"; got.ARN != want {
		t.Errorf("arn %q, want %q", got.ARN, want)
	}
	if got.Trace != in.TraceID || out.TraceID != in.TraceID {
		t.Errorf("trace %q and %q, want %q", got.Trace, out.TraceID, in.TraceID)
	}
	earliest, latest := before.Add(waitLimit).UnixMilli(), time.Now().Add(waitLimit).UnixMilli()
	if got.DeadlineMs < earliest || got.DeadlineMs > latest {
		t.Errorf("deadline %d, want %d to %d", got.DeadlineMs, earliest, latest)
	}

	made := decode[described](t, invokeOK(t, f, mode("context")).Payload).Trace
	if !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1$`).MatchString(made) {
		t.Errorf("made trace %q", made)
	}
}

func TestInvokeConcurrency(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.MaxConcurrency = 3 })
	gate := filepath.Join(t.TempDir(), "open")
	in := event(t, map[string]any{"mode": "wait-for-file", "path": gate})

	var running sync.WaitGroup
	for range 3 {
		running.Go(func() { invokeOK(t, f, in) })
	}
	eventually(t, "three processes", func() bool { return len(f.Pids()) == 3 })

	_, err := f.Invoke(t.Context(), Input{})
	var throttled *ThrottledError
	if !errors.As(err, &throttled) || *throttled != (ThrottledError{Function: "echo", Limit: 3}) {
		t.Errorf("the fourth got %v, want it throttled at 3", err)
	}
	if throttled.HTTPStatusCode() != 429 || throttled.ErrorCode() != "TooManyRequestsException" {
		t.Errorf("status %d, code %s", throttled.HTTPStatusCode(), throttled.ErrorCode())
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	invokeOK(t, f, Input{})
	if n := len(f.Pids()); n != 3 {
		t.Errorf("%d processes after, want the same 3", n)
	}
}

func TestInvokeSequentialNeverThrottledAtConcurrencyOne(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.MaxConcurrency = 1 })
	for _, name := range []string{"echo", "error", "exit", "echo", "panic", "kill", "echo"} {
		if _, err := f.Invoke(t.Context(), mode(name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestInvokePayloadLimits(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	text := func(size int) Input { return Input{Payload: []byte(`"` + strings.Repeat("x", size-2) + `"`)} }
	sized := func(size int) Input { return event(t, map[string]any{"mode": "big", "size": size}) }

	t.Run("a_request_of_the_limit_arrives", func(t *testing.T) {
		in := Input{Payload: []byte(`{"mode":"length","text":"` + strings.Repeat("x", MaxPayloadBytes-27) + `"}`)}
		if out := invokeOK(t, f, in); string(out.Payload) != "6291456" {
			t.Errorf("length %s", out.Payload)
		}
	})
	t.Run("one_byte_more_is_refused", func(t *testing.T) {
		_, err := f.Invoke(t.Context(), text(MaxPayloadBytes+1))
		var tooLarge *RequestTooLargeError
		if !errors.As(err, &tooLarge) || *tooLarge != (RequestTooLargeError{Function: "echo", Size: 6_291_457, Limit: 6_291_456}) {
			t.Fatalf("got %v", err)
		}
		if tooLarge.HTTPStatusCode() != 413 {
			t.Errorf("status %d", tooLarge.HTTPStatusCode())
		}
	})
	t.Run("a_response_of_the_limit_arrives", func(t *testing.T) {
		if out := invokeOK(t, f, sized(MaxPayloadBytes)); len(out.Payload) != MaxPayloadBytes {
			t.Errorf("%d bytes", len(out.Payload))
		}
	})
	t.Run("a_larger_response_is_an_error_of_the_function", func(t *testing.T) {
		out := invoke(t, f, sized(MaxPayloadBytes+1))
		expectFault(t, out, "Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size (6291456 bytes).")
		invokeOK(t, f, Input{})
	})
	t.Run("what_is_not_JSON_is_refused", func(t *testing.T) {
		_, err := f.Invoke(t.Context(), Input{Payload: []byte("{")})
		var invalid *InvalidRequestError
		if !errors.As(err, &invalid) || invalid.HTTPStatusCode() != 400 {
			t.Errorf("got %v", err)
		}
	})
}

func TestInvokeEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.MaxConcurrency = 1 })
	gate := filepath.Join(t.TempDir(), "open")
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := f.Invoke(ctx, event(t, map[string]any{"mode": "wait-for-file", "path": gate}))
		failed <- err
	}()
	eventually(t, "the process", func() bool { return len(f.Pids()) == 1 })
	pids := f.Pids()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the abandoned invocation to end and free its process", func() bool {
		_, err := f.Invoke(t.Context(), Input{})
		return err == nil
	})
	if after := f.Pids(); !slices.Equal(after, pids) {
		t.Errorf("pids %v, want the same process %v again", after, pids)
	}

	if _, err := f.Invoke(ctx, Input{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}
