// Package eventfile writes stored events to files that other systems read: NDJSON,
// compressed with gzip, and Parquet; and the table by which Amazon Athena reads them.
package eventfile

import (
	"io"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
)

// row is an event as both formats have it. Nothing of it is lost: the amount is the
// text with its own decimals, a time has its microseconds, and the payload is the exact
// bytes that were accepted, which are UTF-8; null when they cannot be read any more.
type row struct {
	Client        string    `json:"client" parquet:"client,dict"`
	EventID       string    `json:"event_id" parquet:"event_id"`
	CreatedAt     time.Time `json:"created_at" parquet:"created_at,timestamp(microsecond)"`
	ReceivedAt    time.Time `json:"received_at" parquet:"received_at,timestamp(microsecond)"`
	Timestamp     time.Time `json:"ts" parquet:"ts,timestamp(microsecond)"`
	UserID        string    `json:"user_id" parquet:"user_id"`
	Amount        string    `json:"amount" parquet:"amount"`
	Currency      string    `json:"currency" parquet:"currency,dict"`
	Merchant      string    `json:"merchant" parquet:"merchant"`
	CorrelationID string    `json:"correlation_id" parquet:"correlation_id"`
	SHA256        string    `json:"payload_sha256" parquet:"payload_sha256"`
	Payload       *string   `json:"payload" parquet:"payload,optional"`
}

func rowOf(e event.Stored) row {
	var payload *string
	if e.Payload != nil {
		payload = new(string(e.Payload))
	}
	return row{
		Client: e.Client, EventID: e.ID, CreatedAt: e.CreatedAt, ReceivedAt: e.ReceivedAt, Timestamp: e.Timestamp,
		UserID: e.UserID, Amount: e.Amount.String(), Currency: e.Currency, Merchant: e.Merchant,
		CorrelationID: e.CorrelationID, SHA256: e.SHA256, Payload: payload,
	}
}

// format is one that this package writes.
type format struct {
	ending string
	begin  func(io.Writer) (export.File, error)
	table  tableFormat
}

func (f format) Ending() string                           { return f.ending }
func (f format) Begin(out io.Writer) (export.File, error) { return f.begin(out) }
func (f format) Table(name, location, first, last string) string {
	return f.table.statement(name, location, first, last)
}

// Formats returns the formats by their names. Their files are a function of the events
// alone: the same events give the same bytes.
func Formats() map[string]export.Format {
	return map[string]export.Format{
		contract.ExportNDJSON:  format{".ndjson.gz", beginNDJSON, tableOfNDJSON},
		contract.ExportParquet: format{".parquet", beginParquet, tableOfParquet},
	}
}
