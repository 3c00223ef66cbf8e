package bench

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/process"
)

// MetadataBytes is the size of the metadata of each event, which makes it one of 0.4 KB.
const MetadataBytes = 230

// Batches makes new events, as they lie on the queue, in batches of a size. Their ids
// are random, or in the order of time.
func Batches(events, size int, random bool) ([]Batch, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	source, err := load.Generator{Count: int64(events), MetadataBytes: MetadataBytes, Until: now}.Source()
	if err != nil {
		return nil, err
	}
	var out []Batch
	var batch Batch
	for n := 1; n <= events; n++ {
		item, err := source.Next()
		if err != nil {
			return nil, err
		}
		m, row, err := accepted(item.Payload, now, random)
		if err != nil {
			return nil, err
		}
		batch.Messages, batch.Rows = append(batch.Messages, m), append(batch.Rows, row)
		if len(batch.Messages) == size || n == events {
			out, batch = append(out, batch), Batch{}
		}
	}
	return out, nil
}

// accepted is the message that ingest sends for a payload.
func accepted(payload []byte, now time.Time, random bool) (process.Message, Row, error) {
	id, err := uuid.NewV7()
	if random {
		id, err = uuid.NewRandom()
	}
	if err != nil {
		return process.Message{}, Row{}, err
	}
	text := string(payload)
	envelope := event.Envelope{
		EventID: id.String(), CorrelationID: id.String(), Mode: event.Inline, Payload: &text, SHA256: event.Hash(payload), ReceivedAt: now,
	}
	body, err := envelope.Encode()
	if err != nil {
		return process.Message{}, Row{}, fmt.Errorf("encode a message: %w", err)
	}
	decoded, err := event.Decode(payload)
	if err != nil {
		return process.Message{}, Row{}, fmt.Errorf("decode a payload: %w", err)
	}
	hash, err := hex.DecodeString(envelope.SHA256)
	if err != nil {
		return process.Message{}, Row{}, err
	}
	return process.Message{
		ID: id.String(), Body: body, Deliveries: 1,
		Attributes: map[string]string{contract.AttrEventID: id.String(), contract.AttrSchemaVersion: contract.SchemaVersion},
	}, Row{envelope, decoded, hash}, nil
}
