package activity

import (
	"encoding/json"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Entry is a log line of a function, with the fields that the console shows. Those that a
// line does not have are zero.
type Entry struct {
	Function      contract.Function `json:"service"`
	At            time.Time         `json:"timestamp"`
	Level         string            `json:"level"`
	Message       string            `json:"message"`
	Client        string            `json:"client"`
	CorrelationID string            `json:"correlation_id"`
	EventID       string            `json:"event_id"`
	RequestID     string            `json:"request_id"`
	ErrorCode     string            `json:"error_code"`
	Error         string            `json:"error"`
	Raw           string            `json:"-"` // the line itself

	// Of ingest and query.
	Route      string  `json:"route"`
	Status     int     `json:"status"`
	DurationMS float64 `json:"duration_ms"`
	Mode       string  `json:"payload_mode"`
	BodyBytes  int64   `json:"body_bytes"`

	// Of the processor, for one delivery.
	MessageID  string  `json:"message_id"`
	Result     string  `json:"result"`
	Deliveries int     `json:"deliveries"`
	Attempts   int     `json:"attempts"`
	Notified   bool    `json:"notified"`
	EndToEndMS float64 `json:"end_to_end_ms"`
	RetryInS   float64 `json:"retry_in_s"`

	// Of maintain. Operation is empty for a run by the schedule, whose report it is then.
	Operation string          `json:"operation"`
	Report    *MaintainReport `json:"report"`
}

// Began is when the work began that the line tells of, as far as the line says.
func (e Entry) Began() time.Time {
	return e.At.Add(-time.Duration(e.DurationMS * float64(time.Millisecond)))
}

// MaintainReport is what a run of maintain did.
type MaintainReport struct {
	Made      int64 `json:"partitions_made"`
	Dropped   int64 `json:"partitions_dropped"`
	Ahead     int64 `json:"partitions_ahead"`
	Moved     int64 `json:"events_moved"`
	Pruned    int64 `json:"keys_pruned"`
	Misplaced int64 `json:"events_misplaced"`
}

// ParseEntry reads a log line. It reports false for a line that is not one of a function's
// logger, such as a stack trace, or metrics.
func ParseEntry(line []byte) (Entry, bool) {
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil || e.At.IsZero() || e.Message == "" {
		return Entry{}, false
	}
	e.Raw = string(line)
	return e, true
}
