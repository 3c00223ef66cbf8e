package sqs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

const (
	maxMoveRate    = 500
	maxMovesListed = 10
)

type startMoveIn struct {
	SourceARN                    string `json:"SourceArn"`
	DestinationARN               string `json:"DestinationArn"`
	MaxNumberOfMessagesPerSecond *int
}

type startMoveOut struct {
	TaskHandle string
}

func (s *Server) startMessageMoveTask(r *http.Request, in startMoveIn) (startMoveOut, error) {
	source, err := s.moveQueue("SourceArn", in.SourceARN)
	if err != nil {
		return startMoveOut{}, err
	}
	destination := ""
	if in.DestinationARN != "" {
		if destination, err = s.moveQueue("DestinationArn", in.DestinationARN); err != nil {
			return startMoveOut{}, err
		}
		if destination == source {
			return startMoveOut{}, invalidParameter("Source queue arn and destination queue arn must be different.")
		}
	}
	rate := 0
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > maxMoveRate {
			return startMoveOut{}, parameterOutOfRange("MaxNumberOfMessagesPerSecond", *n,
				"Must be between 1 and 500, if provided.")
		}
		rate = *n
	}
	m, err := s.broker.StartMove(r.Context(), source, destination, rate)
	switch {
	case errors.Is(err, broker.ErrQueueNotFound):
		return startMoveOut{}, resourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	case errors.Is(err, broker.ErrTargetNotFound):
		return startMoveOut{}, resourceNotFound("The resource that you specified for the DestinationArn parameter doesn't exist.")
	case errors.Is(err, broker.ErrNotDeadLetterQueue):
		return startMoveOut{}, invalidParameter("Source queue must be configured as a Dead Letter Queue.")
	case errors.Is(err, broker.ErrMoveRunning):
		return startMoveOut{}, invalidParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	case err != nil:
		return startMoveOut{}, err
	}
	handle, err := s.taskHandle(m)
	return startMoveOut{handle}, err
}

func (s *Server) moveQueue(parameter, arn string) (string, error) {
	if arn == "" {
		return "", missingParameter(parameter)
	}
	name, ok := s.queueOfARN(arn)
	if !ok {
		return "", resourceNotFound(fmt.Sprintf("The resource that you specified for the %s parameter doesn't exist.", parameter))
	}
	return name, nil
}

type taskHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func (s *Server) taskHandle(m broker.Move) (string, error) {
	b, err := json.Marshal(taskHandle{m.ID, s.arn(m.Source)})
	if err != nil {
		return "", fmt.Errorf("encode the handle of move task %s: %w", m.ID, err)
	}
	return base64.StdEncoding.EncodeToString(b), nil
}

type listMovesIn struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int
}

type listMovesOut struct {
	Results []wireMove
}

type wireMove struct {
	TaskHandle                        string `json:",omitempty"`
	Status                            string
	SourceARN                         string `json:"SourceArn"`
	DestinationARN                    string `json:"DestinationArn,omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64
}

func (s *Server) listMessageMoveTasks(_ *http.Request, in listMovesIn) (listMovesOut, error) {
	source, err := s.moveQueue("SourceArn", in.SourceARN)
	if err != nil {
		return listMovesOut{}, err
	}
	limit := 1
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > maxMovesListed {
			return listMovesOut{}, parameterOutOfRange("MaxResults", *n, "Must be between 1 and 10, if provided.")
		}
		limit = *n
	}
	moves, err := s.broker.Moves(source, limit)
	if errors.Is(err, broker.ErrQueueNotFound) {
		return listMovesOut{}, resourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.")
	}
	if err != nil {
		return listMovesOut{}, err
	}
	out := listMovesOut{Results: make([]wireMove, len(moves))}
	for i, m := range moves {
		if out.Results[i], err = s.wireMove(m); err != nil {
			return listMovesOut{}, err
		}
	}
	return out, nil
}

// wireMove shows the handle of a running task only: it serves to cancel it.
func (s *Server) wireMove(m broker.Move) (wireMove, error) {
	w := wireMove{
		Status:                            string(m.Status),
		SourceARN:                         s.arn(m.Source),
		MaxNumberOfMessagesPerSecond:      m.Rate,
		ApproximateNumberOfMessagesMoved:  m.Moved,
		ApproximateNumberOfMessagesToMove: m.ToMove,
		FailureReason:                     m.FailureReason,
		StartedTimestamp:                  m.StartedAt.UnixMilli(),
	}
	if m.Destination != "" {
		w.DestinationARN = s.arn(m.Destination)
	}
	if m.Status != broker.MoveRunning {
		return w, nil
	}
	var err error
	w.TaskHandle, err = s.taskHandle(m)
	return w, err
}

type cancelMoveIn struct {
	TaskHandle string
}

type cancelMoveOut struct {
	ApproximateNumberOfMessagesMoved int
}

func (s *Server) cancelMessageMoveTask(_ *http.Request, in cancelMoveIn) (cancelMoveOut, error) {
	if in.TaskHandle == "" {
		return cancelMoveOut{}, missingParameter("TaskHandle")
	}
	var task taskHandle
	raw, err := base64.StdEncoding.DecodeString(in.TaskHandle)
	if err != nil || json.Unmarshal(raw, &task) != nil || task.TaskID == "" {
		return cancelMoveOut{}, invalidParameter("Value for parameter TaskHandle is invalid.")
	}
	moved, err := s.broker.CancelMove(task.TaskID)
	switch {
	case errors.Is(err, broker.ErrMoveNotFound):
		return cancelMoveOut{}, resourceNotFound("Task does not exist.")
	case errors.Is(err, broker.ErrMoveEnded):
		return cancelMoveOut{}, unsupportedOperation("Only active tasks can be cancelled.")
	case err != nil:
		return cancelMoveOut{}, err
	}
	return cancelMoveOut{moved}, nil
}
