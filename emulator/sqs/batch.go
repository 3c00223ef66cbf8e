package sqs

import "strings"

const (
	maxBatchEntries  = 10
	maxBatchBytes    = 1 << 20
	maxEntryIDLength = 80
)

// batchOut is the answer of every batch operation: each entry is in one of the
// two lists.
type batchOut[T any] struct {
	Successful []T           `json:",omitempty"`
	Failed     []failedEntry `json:",omitempty"`
}

type failedEntry struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

type entryID struct {
	ID string `json:"Id"`
}

func (o *batchOut[T]) fail(id string, err error, handle string) {
	api := asAPIError(err, handle)
	o.Failed = append(o.Failed, failedEntry{ID: id, SenderFault: api.senderFault(), Code: api.code, Message: api.message})
}

// checkBatch applies the rules that refuse a batch as a whole, and returns the
// queue's name.
func (s *Server) checkBatch(queueURL, entry string, n int, id func(int) string) (string, error) {
	name, err := queueOfURL(queueURL)
	if err != nil {
		return "", err
	}
	if _, err := s.broker.Queue(name); err != nil {
		return "", err
	}
	if n == 0 {
		return "", emptyBatch(entry)
	}
	if n > maxBatchEntries {
		return "", tooManyEntries(n)
	}
	seen := make(map[string]bool, n)
	for i := range n {
		if !validEntryID(id(i)) {
			return "", invalidEntryID()
		}
		if seen[id(i)] {
			return "", idsNotDistinct(id(i))
		}
		seen[id(i)] = true
	}
	return name, nil
}

func validEntryID(id string) bool {
	return id != "" && len(id) <= maxEntryIDLength &&
		strings.IndexFunc(id, func(r rune) bool { return !isNameRune(r) }) < 0
}
