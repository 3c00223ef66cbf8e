package chaos

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/proof/checker"
)

// letterCodes are dead letters by the ids of their events, each with its error code.
type letterCodes map[string]fault.Code

// lettersOf returns those that a load sets off by itself: its poison, and the events that
// conflict with another one. Poison with the prefix is what a fault makes of good events.
func lettersOf(sent []checker.Sent, ofFault string) letterCodes {
	out, meanings := letterCodes{}, map[string]string{}
	for _, s := range sent {
		switch first, known := meanings[s.ID]; {
		case s.Code != "" && (ofFault == "" || !strings.HasPrefix(s.ID, ofFault)):
			out[s.ID] = s.Code
		case known && first != s.Meaning:
			out[s.ID] = fault.IdempotencyConflict
		}
		meanings[s.ID] = s.Meaning
	}
	return out
}

// deadLettered is how the processor's log says that it sent a message to the DLQ.
var deadLettered = fmt.Appendf(nil, `"result":%q`, process.DeadLettered)

// ofFault returns when a line of the processor's log says that an event was sent to the
// DLQ, and whether it was one that the load did not set off by itself.
func (l letterCodes) ofFault(line []byte) (at time.Time, is bool, err error) {
	var entry struct {
		Timestamp time.Time  `json:"timestamp"`
		EventID   string     `json:"event_id"`
		Code      fault.Code `json:"error_code"`
	}
	if err := json.Unmarshal(line, &entry); err != nil {
		return at, false, fmt.Errorf("read what was sent to the DLQ: %w", err)
	}
	return entry.Timestamp, l[entry.EventID] != entry.Code, nil
}

// dlqSent is the value of the metric in a line, not its name in the list of metrics.
var dlqSent = regexp.MustCompile(`("` + contract.MetricDLQSent + `":)(\[[^]]*\]|[0-9.]+)`)

// addLetter notes a letter that the fault set off.
func (m *metrics) addLetter(at time.Time, environment string) {
	dimensions := map[string]string{contract.DimensionService: string(contract.FunctionProcessor), contract.DimensionEnvironment: environment}
	id := cloudwatch.ID{Namespace: contract.NamespaceProcessor, Name: contract.MetricDLQSent, Dimensions: cloudwatch.Dimensions(dimensions)}
	m.points, m.lettersAt = append(m.points, point{at: at, id: id, value: 1}), append(m.lettersAt, at)
}

// lettersBy returns how many letters the fault had set off by a time.
func (m *metrics) lettersBy(at time.Time) int {
	n, _ := slices.BinarySearchFunc(m.lettersAt, at, func(sent, at time.Time) int {
		if sent.After(at) {
			return 1
		}
		return -1
	})
	return n
}
