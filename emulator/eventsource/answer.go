package eventsource

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// failedItems reads the answer of a function that reports batch item failures. It
// returns the ids of the messages that failed, none of them when all succeeded. The error
// says why the answer counts as the failure of the whole batch.
//
// Member names are compared exactly, which encoding/json does not do for structs: AWS
// takes an answer without the exact batchItemFailures for one without failures.
func failedItems(answer []byte, batch []message) (map[string]bool, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer, &members); err != nil {
		return nil, fmt.Errorf("the answer is not a JSON object or null: %w", err)
	}
	list := members["batchItemFailures"]
	if len(list) == 0 {
		return nil, nil
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, fmt.Errorf("batchItemFailures is not a list of objects: %w", err)
	}

	known := make(map[string]bool, len(batch))
	for _, m := range batch {
		known[m.id] = true
	}
	failed := make(map[string]bool, len(items))
	for i, item := range items {
		id, err := itemIdentifier(item)
		if err != nil {
			return nil, fmt.Errorf("batchItemFailures[%d]: %w", i, err)
		}
		if !known[id] {
			return nil, fmt.Errorf("batchItemFailures[%d]: itemIdentifier %.128q is not the id of a message of the batch", i, id)
		}
		failed[id] = true
	}
	return failed, nil
}

func itemIdentifier(item map[string]json.RawMessage) (string, error) {
	value, present := item["itemIdentifier"]
	if !present {
		return "", fmt.Errorf("itemIdentifier is missing")
	}
	if bytes.Equal(value, []byte("null")) {
		return "", fmt.Errorf("itemIdentifier is null")
	}
	var id string
	if err := json.Unmarshal(value, &id); err != nil {
		return "", fmt.Errorf("itemIdentifier is not a string: %w", err)
	}
	if id == "" {
		return "", fmt.Errorf("itemIdentifier is empty")
	}
	return id, nil
}

// errorTypeOf is the errorType of a function's error, and nothing of its message, which
// may quote what the log must not hold.
func errorTypeOf(answer []byte) string {
	var reported struct {
		Type string `json:"errorType"`
	}
	if err := json.Unmarshal(answer, &reported); err != nil || reported.Type == "" {
		return "unknown"
	}
	return reported.Type
}
