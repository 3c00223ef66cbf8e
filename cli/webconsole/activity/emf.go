package activity

import (
	"encoding/json"
	"fmt"
)

// numbers are the values of a metric on a line of CloudWatch's embedded metric format:
// one number or an array of them.
type numbers []float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *numbers) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]float64)(n))
	}
	var one float64
	if err := json.Unmarshal(text, &one); err != nil {
		return fmt.Errorf("a metric is neither a number nor an array: %w", err)
	}
	*n = numbers{one}
	return nil
}

func (n numbers) sum() float64 {
	var sum float64
	for _, v := range n {
		sum += v
	}
	return sum
}

// metricLine has the metrics that the console shows, under the names of
// contract.Metrics.
type metricLine struct {
	AWS struct {
		Timestamp int64 // milliseconds
	} `json:"_aws"`
	IngestSuccess    numbers `json:"ingest_success"`
	IngestFailure    numbers `json:"ingest_failure"`
	IngestLatency    numbers `json:"ingest_latency_ms"`
	ProcessedSuccess numbers `json:"processed_success"`
	Retried          numbers `json:"retried"`
	Duplicates       numbers `json:"duplicate_skipped"`
	ProcessLatency   numbers `json:"process_latency_ms"`
	DBLatency        numbers `json:"db_latency_ms"`
	EndToEnd         numbers `json:"end_to_end_latency_ms"`
	DLQSent          numbers `json:"dlq_sent"`
	Notified         numbers `json:"notified"`
	QuerySuccess     numbers `json:"query_success"`
	QueryNotFound    numbers `json:"query_not_found"`
	QueryFailure     numbers `json:"query_failure"`
}
