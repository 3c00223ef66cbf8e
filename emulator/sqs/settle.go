package sqs

import (
	"net/http"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

type deleteIn struct {
	QueueURL      string `json:"QueueUrl"`
	ReceiptHandle string
}

func (s *Server) deleteMessage(r *http.Request, in deleteIn) (nothing, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	if in.ReceiptHandle == "" {
		return nothing{}, missingParameter("ReceiptHandle")
	}
	results, err := s.broker.DeleteMessages(r.Context(), name, []string{in.ReceiptHandle})
	return nothing{}, single(results, err, in.ReceiptHandle)
}

type visibilityIn struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (s *Server) changeMessageVisibility(r *http.Request, in visibilityIn) (nothing, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	change, err := visibilityChange(in.ReceiptHandle, in.VisibilityTimeout)
	if err != nil {
		return nothing{}, err
	}
	results, err := s.broker.ChangeVisibility(r.Context(), name, []broker.Visibility{change})
	return nothing{}, single(results, err, in.ReceiptHandle)
}

func visibilityChange(handle string, seconds *int) (broker.Visibility, error) {
	if handle == "" {
		return broker.Visibility{}, missingParameter("ReceiptHandle")
	}
	if seconds == nil {
		return broker.Visibility{}, missingParameter("VisibilityTimeout")
	}
	if *seconds < 0 || *seconds > maxVisibilitySeconds {
		return broker.Visibility{}, parameterOutOfRange(attrVisibility, *seconds,
			"VisibilityTimeout must be an integer between 0 and 43200.")
	}
	return broker.Visibility{Handle: handle, Timeout: time.Duration(*seconds) * time.Second}, nil
}

// single turns the results of a call on one message into its error.
func single(results []error, err error, handle string) error {
	if err != nil {
		return err
	}
	if results[0] != nil {
		return asAPIError(results[0], handle)
	}
	return nil
}

type settleEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

type settleBatchIn struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []settleEntry
}

func (s *Server) deleteMessageBatch(r *http.Request, in settleBatchIn) (batchOut[entryID], error) {
	name, err := s.checkBatch(in.QueueURL, "DeleteMessageBatchRequestEntry", len(in.Entries),
		func(i int) string { return in.Entries[i].ID })
	if err != nil {
		return batchOut[entryID]{}, err
	}
	handles := make([]string, len(in.Entries))
	for i, e := range in.Entries {
		handles[i] = e.ReceiptHandle
	}
	results, err := s.broker.DeleteMessages(r.Context(), name, handles)
	if err != nil {
		return batchOut[entryID]{}, err
	}
	var out batchOut[entryID]
	for i, e := range in.Entries {
		settle(&out, e, results[i])
	}
	return out, nil
}

func (s *Server) changeMessageVisibilityBatch(r *http.Request, in settleBatchIn) (batchOut[entryID], error) {
	name, err := s.checkBatch(in.QueueURL, "ChangeMessageVisibilityBatchRequestEntry", len(in.Entries),
		func(i int) string { return in.Entries[i].ID })
	if err != nil {
		return batchOut[entryID]{}, err
	}
	var out batchOut[entryID]
	var changes []broker.Visibility
	var entries []settleEntry
	for _, e := range in.Entries {
		change, err := visibilityChange(e.ReceiptHandle, e.VisibilityTimeout)
		if err != nil {
			out.fail(e.ID, err, e.ReceiptHandle)
			continue
		}
		changes, entries = append(changes, change), append(entries, e)
	}
	results, err := s.broker.ChangeVisibility(r.Context(), name, changes)
	if err != nil {
		return batchOut[entryID]{}, err
	}
	for i, e := range entries {
		settle(&out, e, results[i])
	}
	return out, nil
}

func settle(out *batchOut[entryID], e settleEntry, err error) {
	if err != nil {
		out.fail(e.ID, err, e.ReceiptHandle)
		return
	}
	out.Successful = append(out.Successful, entryID{e.ID})
}
