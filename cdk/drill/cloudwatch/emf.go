package cloudwatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// PutLine adds the metrics of a log line in the embedded metric format. A line without
// "_aws" is no such line and adds nothing; one with it and a fault is an error, where
// CloudWatch would drop the metrics silently ("Specification: Embedded metric format":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
func (s *Store) PutLine(line []byte) error {
	var root map[string]json.RawMessage
	if err := json.Unmarshal(line, &root); err != nil || root["_aws"] == nil {
		return nil // a line of text, or a log line
	}
	var metadata struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	}
	if err := json.Unmarshal(root["_aws"], &metadata); err != nil {
		return fmt.Errorf("read the metrics of a line: _aws: %w", err)
	}
	for _, directive := range metadata.CloudWatchMetrics {
		for _, names := range directive.Dimensions {
			dimensions := map[string]string{}
			for _, name := range names {
				var value string
				if err := json.Unmarshal(root[name], &value); err != nil {
					return fmt.Errorf("read the metrics of a line: the dimension %s must be a string of the line", name)
				}
				dimensions[name] = value
			}
			for _, metric := range directive.Metrics {
				values, err := valuesOf(root[metric.Name])
				if err != nil {
					return fmt.Errorf("read the metrics of a line: %s: %w", metric.Name, err)
				}
				s.Put(ID{directive.Namespace, metric.Name, Dimensions(dimensions)}, time.UnixMilli(metadata.Timestamp), values...)
			}
		}
	}
	return nil
}

// valuesLimit is how many values a metric may have on a line.
const valuesLimit = 100

// valuesOf reads a number, or an array of them.
func valuesOf(raw json.RawMessage) ([]float64, error) {
	var many []float64
	if !bytes.HasPrefix(raw, []byte("[")) {
		many = []float64{0}
		if err := json.Unmarshal(raw, &many[0]); err != nil {
			return nil, fmt.Errorf("must be a number or an array of numbers of the line")
		}
		return many, nil
	}
	if err := json.Unmarshal(raw, &many); err != nil {
		return nil, fmt.Errorf("must be a number or an array of numbers of the line")
	}
	if len(many) > valuesLimit {
		return nil, fmt.Errorf("has %d values, a line may have %d of a metric", len(many), valuesLimit)
	}
	return many, nil
}
