package client

import (
	"encoding/json"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// What the events of one batch request may have together: in bytes, and in bytes when
// they are quoted as a JSON string, as they travel inside AWS.
const (
	framing          = 32 // {"events":[ and ]}, quoted
	BatchBytes       = contract.BodyLimit - framing
	BatchQuotedBytes = contract.InvocationLimit - contract.InvocationReserve - framing
)

// Weight is what events take of a batch request.
type Weight struct{ Events, Bytes, Quoted int }

// WeightOf returns what one payload takes, with the comma behind it.
func WeightOf(payload []byte) Weight {
	return Weight{1, len(payload) + 1, event.QuotedSize(payload)}
}

// Plus returns the sum.
func (w Weight) Plus(other Weight) Weight {
	return Weight{w.Events + other.Events, w.Bytes + other.Bytes, w.Quoted + other.Quoted}
}

// Fits reports whether one request takes it.
func (w Weight) Fits() bool {
	return w.Events <= contract.BatchLimit && w.Bytes <= BatchBytes && w.Quoted <= BatchQuotedBytes
}

// Batchable reports whether a payload may stand in a batch. What is not one JSON value
// would change the meaning of its neighbours, and what is nearly as large as a request
// has no room for the frame of a batch.
func Batchable(payload []byte) bool { return json.Valid(payload) && WeightOf(payload).Fits() }
