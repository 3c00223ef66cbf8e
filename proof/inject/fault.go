// Package inject breaks the AWS services that the product's functions call: a fault is
// data, applied where a call arrives at the local AWS endpoint, before or after the
// service does its work. The functions are the real binaries, and know nothing of it.
package inject

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
)

// HarnessHeader marks the calls of the harness itself, which no fault reaches.
const HarnessHeader = "X-Fluxa-Proof"

// Effect is what a fault does to a call.
type Effect string

// The effects.
const (
	Refuse     Effect = "refuse"      // answers with Status and Code
	Away       Effect = "away"        // closes the connection; the call has no effect
	LoseAnswer Effect = "lose-answer" // the call has its effect; its caller does not learn of it
	Delay      Effect = "delay"       // waits for Delay first
	KillBefore Effect = "kill-before" // kills every process of Function; the call has no effect
	KillAfter  Effect = "kill-after"  // the call has its effect, then every process of Function is killed
	Forget     Effect = "forget"      // answers as if an object had been put, and puts none
	Corrupt    Effect = "corrupt"     // changes a byte of an object that is read
	FailSome   Effect = "fail-some"   // SNS takes every second notification of a batch
	Copies     Effect = "copies"      // sends each message three times, the copies late and out of order
	Shift      Effect = "shift"       // moves received_at of the messages that are received by Delay
)

// Fault is one way in which a service is broken.
type Fault struct {
	Service endpoint.Service `json:"service"`
	// Operations are those of SQS or SNS, or S3's HTTP methods. Empty: every operation.
	Operations []string `json:"operations,omitempty"`
	// Target is a part of S3's path or of SQS's queue URL. Empty: every one.
	Target string `json:"target,omitempty"`
	Effect Effect `json:"effect"`
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	// Delay is of Delay and Shift; for Shift it may be negative.
	Delay    time.Duration `json:"delay,omitempty"`
	Function string        `json:"function,omitempty"`
	// Times is how many calls it meets at most; zero: all.
	Times int `json:"times,omitempty"`
}

// String says which calls it meets, and what it does to them.
func (f Fault) String() string {
	calls := "every call"
	if len(f.Operations) > 0 {
		calls = strings.Join(f.Operations, " or ")
	}
	if f.Target != "" {
		calls += " of " + f.Target
	}
	return fmt.Sprintf("%s: %s of %s", f.Effect, calls, f.Service)
}

// Check returns an error for a fault that cannot be.
func (f Fault) Check() error {
	switch f.Service {
	case endpoint.SQS, endpoint.SNS, endpoint.S3:
	default:
		return fmt.Errorf("inject: there is no service %q to break", f.Service)
	}
	switch f.Effect {
	case Refuse:
		if f.Status < 400 || f.Code == "" {
			return fmt.Errorf("inject: %s needs a status of 400 or more and a code, got %d and %q", f.Effect, f.Status, f.Code)
		}
	case KillBefore, KillAfter:
		if f.Function == "" {
			return fmt.Errorf("inject: %s needs a function", f.Effect)
		}
	case Away, LoseAnswer, Delay, Forget, Corrupt, FailSome, Copies, Shift:
	default:
		return fmt.Errorf("inject: there is no effect %q", f.Effect)
	}
	return nil
}

// Kill ends every process of a function at once.
type Kill func(function string) error

// active is a fault that is set, with how often it met a call.
type active struct {
	Fault
	met  atomic.Int64
	kill Kill
}

// meets reports whether the fault meets a call, and counts it.
func (a *active) meets(r *http.Request) (bool, error) {
	if len(a.Operations) > 0 && !slices.Contains(a.Operations, operation(a.Service, r)) {
		return false, nil
	}
	if a.Target != "" {
		target, err := target(a.Service, r)
		if err != nil || !strings.Contains(target, a.Target) {
			return false, err
		}
	}
	n := a.met.Add(1)
	return a.Times == 0 || n <= int64(a.Times), nil
}

func operation(s endpoint.Service, r *http.Request) string {
	switch s {
	case endpoint.SQS:
		_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return name
	case endpoint.SNS:
		return r.FormValue("Action")
	}
	return r.Method
}

// target returns S3's path, or the queue URL in the body of a call of SQS, which stays to
// be read.
func target(s endpoint.Service, r *http.Request) (string, error) {
	if s != endpoint.SQS {
		return r.URL.Path, nil
	}
	body, err := peek(r)
	if err != nil {
		return "", err
	}
	var call struct{ QueueUrl string }
	if err := json.Unmarshal(body, &call); err != nil {
		return "", fmt.Errorf("inject: read a call of SQS: %w", err)
	}
	return call.QueueUrl, nil
}

// peek reads the body and leaves it to be read again.
func peek(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, endpoint.MaxBodyBytes))
	if err != nil {
		return nil, fmt.Errorf("inject: read a call: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// interceptor applies the first of the faults that meets a call.
func interceptor(faults []*active) endpoint.Interceptor {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		if r.Header.Get(HarnessHeader) != "" {
			service.ServeHTTP(w, r)
			return
		}
		for _, f := range faults {
			meets, err := f.meets(r)
			if err != nil {
				endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalFailure", err.Error())
				return
			}
			if meets {
				f.apply(w, r, service)
				return
			}
		}
		service.ServeHTTP(w, r)
	}
}

func (a *active) apply(w http.ResponseWriter, r *http.Request, service http.Handler) {
	switch a.Effect {
	case Refuse:
		endpointtest.Refuse(a.Status, a.Code, "broken on purpose")(w, r, service)
	case Away:
		endpointtest.Unreachable(w, r, service)
	case LoseAnswer:
		endpointtest.LoseAnswer(w, r, service)
	case Delay:
		select {
		case <-r.Context().Done():
		case <-time.After(a.Delay):
			service.ServeHTTP(w, r)
		}
	case KillBefore, KillAfter:
		a.killCaller(w, r, service)
	case Forget:
		forget(w, r)
	case Corrupt:
		corrupt(w, r, service)
	case FailSome:
		failSome(w, r, service)
	case Copies:
		copies(w, r, service)
	case Shift:
		shift(w, r, service, a.Delay)
	}
}

// killCaller kills before the service sees the call, or after it did its work.
func (a *active) killCaller(w http.ResponseWriter, r *http.Request, service http.Handler) {
	if a.Effect == KillAfter {
		record(r, service)
	}
	if err := a.kill(a.Function); err != nil {
		endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalFailure", err.Error())
		return
	}
	endpointtest.Unreachable(w, r, service)
}
