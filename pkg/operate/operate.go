// Package operate is how an operator's command works on a stage whose database it cannot
// reach: it asks the function maintain for one step after the other, each with the token
// that the step before returned.
package operate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/fault"
)

const (
	// pace is how long a call works before it answers: the caller shows progress, and
	// what an interruption costs is done again.
	pace = 5 * time.Second

	// byLimit bounds the name of the caller, in bytes; an ARN has at most 2,048.
	byLimit = 2_048
)

// Request asks for the next step of an operation.
type Request struct {
	Operation string `json:"operation"`
	// By says whose call it is. The caller says so itself; AWS CloudTrail knows who
	// invoked the function.
	By        string         `json:"by"`
	Arguments jsontext.Value `json:"arguments,omitempty"`
	// Token is that of the answer before; empty begins.
	Token string `json:"token,omitempty"`
}

// Answer says how far the operation has come.
type Answer struct {
	Done bool `json:"done"`
	// Token is what to go on with, also after an error.
	Token string `json:"token,omitempty"`
	// Report is of all steps so far, not of this call.
	Report jsontext.Value `json:"report,omitempty"`
	// Error is why the call ended before its time; what it did before is in Token.
	Error *Failure `json:"error,omitempty"`
}

// Failure is an error as the caller sees it.
type Failure struct {
	Code   fault.Code `json:"code"`
	Reason string     `json:"reason"`
}

// Call is what a step is told.
type Call[A any] struct {
	By        string
	Arguments A
}

// Arguments are those of one operation.
type Arguments interface {
	// Check returns an InvalidValue fault that names the argument which cannot be used.
	Check() error
}

// Operation is one that maintain can do.
type Operation func(ctx context.Context, request Request, until time.Time) (Answer, error)

// state is what a token holds. Arguments is the hash of the arguments, with which alone
// the token may be used.
type state[C, R any] struct {
	Arguments []byte `json:"arguments"`
	Cursor    C      `json:"cursor"`
	Report    R      `json:"report"`
}

// Define makes an operation of its step. A step does a small part of the work, a second's
// at most, moves the cursor, adds to the report, and returns whether all is done. It is
// called again from the same cursor when it fails or its answer is lost.
func Define[A Arguments, C, R any](step func(ctx context.Context, call Call[A], cursor *C, report *R) (done bool, err error)) Operation {
	return func(ctx context.Context, request Request, until time.Time) (Answer, error) {
		call := Call[A]{By: request.By}
		if err := json.Unmarshal(orEmpty(request.Arguments), &call.Arguments, json.RejectUnknownMembers(true)); err != nil {
			return Answer{}, fault.Wrap(fault.InvalidValue, err, "the arguments are not those of the operation "+request.Operation+": the command and the stage are of different releases")
		}
		if err := call.Arguments.Check(); err != nil {
			return Answer{}, err
		}
		begun, err := parse[C, R](request)
		if err != nil {
			return Answer{}, err
		}
		return run(ctx, call, begun, until, step)
	}
}

func orEmpty(arguments jsontext.Value) jsontext.Value {
	if len(arguments) == 0 {
		return jsontext.Value("{}")
	}
	return arguments
}

// run repeats the step until its time is over. An error leaves the state of the step
// before.
func run[A, C, R any](ctx context.Context, call Call[A], s state[C, R], until time.Time,
	step func(context.Context, Call[A], *C, *R) (bool, error),
) (answer Answer, err error) {
	for {
		if answer.Token, answer.Report, err = s.encode(); err != nil {
			return Answer{}, err
		}
		if answer.Done || !time.Now().Before(until) {
			break
		}
		if answer.Done, err = step(ctx, call, &s.Cursor, &s.Report); err != nil {
			answer.Done = false
			return answer, err
		}
	}
	if answer.Done {
		answer.Token = ""
	}
	return answer, nil
}

func (s state[C, R]) encode() (token string, report jsontext.Value, err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", nil, fmt.Errorf("write the token: %w", err)
	}
	if report, err = json.Marshal(s.Report); err != nil {
		return "", nil, fmt.Errorf("write the report: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), report, nil
}

func parse[C, R any](request Request) (state[C, R], error) {
	hash := sha256.Sum256(orEmpty(request.Arguments))
	if request.Token == "" {
		return state[C, R]{Arguments: hash[:]}, nil
	}
	var s state[C, R]
	text, err := base64.RawURLEncoding.DecodeString(request.Token)
	if err == nil {
		err = json.Unmarshal(text, &s, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return s, fault.Wrap(fault.InvalidValue, err, "the token is not one of the operation "+request.Operation)
	}
	if !bytes.Equal(s.Arguments, hash[:]) {
		return s, fault.New(fault.InvalidValue, "the token is of other arguments: go on with those, or begin anew without a token")
	}
	return s, nil
}

// Operations are those that a function has, by name.
type Operations map[string]Operation

// Run does the next steps of an operation, for some seconds. The answer is of use beside
// an error too: it has what was done before. Errors are faults, InvalidValue for a
// request that no function would take.
func (o Operations) Run(ctx context.Context, request Request) (Answer, error) {
	operation, ok := o[request.Operation]
	switch {
	case !ok:
		return Answer{}, fault.New(fault.InvalidValue, fmt.Sprintf("the stage has no operation %q; it has %s", request.Operation, strings.Join(slices.Sorted(maps.Keys(o)), ", ")))
	case request.By == "" || len(request.By) > byLimit:
		return Answer{}, fault.New(fault.InvalidValue, fmt.Sprintf("by has %d bytes, it must name who calls in 1 to %d", len(request.By), byLimit))
	}
	return operation(ctx, request, time.Now().Add(pace))
}
