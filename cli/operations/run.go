package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/cenkalti/backoff/v5"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// tries is how often one step is tried, within about two minutes.
const tries = 8

// Job is one operation with its arguments.
type Job[R any] struct {
	Operation string
	Arguments any
	// Show is called after every call with the report so far; begun is true when an
	// earlier run had begun the operation. Optional.
	Show func(report R, begun bool)
	// Remember says that the operation goes on where it was interrupted, when the same
	// command is given again.
	Remember bool
}

// Run does the operation to its end and returns its report. It goes on where an earlier
// run of the same operation with the same arguments was interrupted. The report is of
// what was done, also beside an error.
func Run[R any](ctx context.Context, stage *Stage, job Job[R]) (report R, err error) {
	arguments, err := json.Marshal(job.Arguments)
	if err != nil {
		return report, fmt.Errorf("encode the arguments: %w", err)
	}
	request := operate.Request{Operation: job.Operation, By: stage.by, Arguments: arguments}
	kept := bookmark(stage, request)
	if job.Remember {
		if request.Token, err = kept.read(); err != nil {
			return report, err
		}
	}
	begun := request.Token != ""
	for {
		answer, err := stage.step(ctx, request)
		if err != nil && begun {
			err = fmt.Errorf("%w (this went on where %s left off: remove that file to begin anew)", err, kept)
		}
		if err != nil {
			return report, err
		}
		report = *new(R) // each answer has the whole report, without the members that are zero
		if err := json.Unmarshal(answer.Report, &report); err != nil {
			return report, fmt.Errorf("read the report of %s: %w", job.Operation, err)
		}
		if job.Show != nil {
			job.Show(report, begun)
		}
		if answer.Done {
			return report, kept.remove()
		}
		request.Token = answer.Token
		if job.Remember {
			if err := kept.write(answer.Token); err != nil {
				return report, err
			}
		}
	}
}

// step asks for the next step until it is done. A call that failed may have done a part:
// then its token is what to go on with.
func (s *Stage) step(ctx context.Context, request operate.Request) (operate.Answer, error) {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.MaxInterval = 500*time.Millisecond, 30*time.Second
	return backoff.Retry(ctx, func() (operate.Answer, error) {
		answer, err := s.invoke(ctx, request)
		if err != nil {
			return answer, err
		}
		if answer.Error == nil {
			return answer, nil
		}
		failure := &FailedError{Operation: request.Operation, Failure: *answer.Error}
		if answer.Token != "" {
			request.Token = answer.Token
		}
		if kind := fault.Codes()[answer.Error.Code]; kind != fault.Transient && kind != fault.Unknown {
			return answer, backoff.Permanent(failure)
		}
		return answer, failure
	}, backoff.WithBackOff(waits), backoff.WithMaxTries(tries), backoff.WithMaxElapsedTime(0))
}

// FailedError is what the function answered in place of a step.
type FailedError struct {
	Operation string
	Failure   operate.Failure
}

func (e *FailedError) Error() string {
	return fmt.Sprintf("%s failed with %s: %s", e.Operation, e.Failure.Code, e.Failure.Reason)
}

func (s *Stage) invoke(ctx context.Context, request operate.Request) (answer operate.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	payload, err := json.Marshal(request)
	if err != nil {
		return answer, backoff.Permanent(fmt.Errorf("encode the request: %w", err))
	}
	out, err := s.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(s.function), Payload: payload})
	if err != nil {
		err = fmt.Errorf("invoke %s of %s: %w", s.function, s.Name, err)
		if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
			err = backoff.Permanent(err)
		}
		return answer, err
	}
	if out.FunctionError != nil {
		var thrown struct {
			Message string `json:"errorMessage"`
		}
		if err := json.Unmarshal(out.Payload, &thrown); err != nil {
			thrown.Message = string(out.Payload)
		}
		return answer, fmt.Errorf("%s of %s ended with an error: %s", s.function, s.Name, thrown.Message)
	}
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		return answer, backoff.Permanent(fmt.Errorf("read the answer of %s: %w: the command and the stage are of different releases", s.function, err))
	}
	if answer.Report == nil && answer.Error == nil {
		return answer, backoff.Permanent(fmt.Errorf("%s of %s knows no operations: the stage is of an earlier release", s.function, s.Name))
	}
	return answer, nil
}
