package sqs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

const (
	maxQueueNameLength = 80
	maxRedriveReceives = 1000

	attrVisibility  = "VisibilityTimeout"
	attrMaxSize     = "MaximumMessageSize"
	attrRetention   = "MessageRetentionPeriod"
	attrDelay       = "DelaySeconds"
	attrReceiveWait = "ReceiveMessageWaitTimeSeconds"
	attrRedrive     = "RedrivePolicy"
)

// Seconds and bytes, as the limits of SQS are stated.
const (
	maxVisibilitySeconds = 43_200
	maxDelaySeconds      = 900
	minRetentionSeconds  = 60
	maxRetentionSeconds  = 1_209_600
	maxWaitSeconds       = 20
	minMaxMessageBytes   = 1024
)

func defaultSettings() broker.Settings {
	return broker.Settings{
		VisibilityTimeout: 30 * time.Second,
		Retention:         4 * 24 * time.Hour,
		MaxMessageBytes:   maxMessageBytes,
	}
}

func checkQueueName(name string) error {
	if name == "" {
		return missingParameter("QueueName")
	}
	if len(name) > maxQueueNameLength || strings.IndexFunc(name, func(r rune) bool { return !isNameRune(r) }) >= 0 {
		return invalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to %d in length", maxQueueNameLength)
	}
	return nil
}

// storedAttributes are kept and given back, and change nothing in an emulation
// that has no permissions and no encryption.
func storedAttribute(name string) bool {
	switch name {
	case "Policy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled":
		return true
	}
	return false
}

// applyAttributes changes settings by the attributes of a request. An empty
// value of a policy takes it away.
func applyAttributes(settings *broker.Settings, attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := applyAttribute(settings, name, attributes[name]); err != nil {
			return err
		}
	}
	return nil
}

func applyAttribute(settings *broker.Settings, name, value string) error {
	var err error
	switch name {
	case attrVisibility:
		settings.VisibilityTimeout, err = secondsAttribute(name, value, 0, maxVisibilitySeconds)
	case attrRetention:
		settings.Retention, err = secondsAttribute(name, value, minRetentionSeconds, maxRetentionSeconds)
	case attrDelay:
		settings.Delay, err = secondsAttribute(name, value, 0, maxDelaySeconds)
	case attrReceiveWait:
		settings.ReceiveWait, err = secondsAttribute(name, value, 0, maxWaitSeconds)
	case attrMaxSize:
		settings.MaxMessageBytes, err = intAttribute(name, value, minMaxMessageBytes, maxMessageBytes)
	case attrRedrive:
		settings.Redrive, err = parseRedrive(value)
	default:
		if !storedAttribute(name) {
			return invalidAttributeName(name)
		}
		settings.Extra = maps.Clone(settings.Extra)
		if settings.Extra == nil {
			settings.Extra = map[string]string{}
		}
		if value == "" {
			delete(settings.Extra, name)
		} else {
			settings.Extra[name] = value
		}
	}
	return err
}

func intAttribute(name, value string, low, high int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, invalidAttributeValue(name, fmt.Sprintf("%q is not a number from %d to %d.", value, low, high))
	}
	return n, nil
}

func secondsAttribute(name, value string, low, high int) (time.Duration, error) {
	n, err := intAttribute(name, value, low, high)
	return time.Duration(n) * time.Second, err
}

type redrivePolicy struct {
	DeadLetterTargetARN string `json:"deadLetterTargetArn"`
	MaxReceiveCount     any    `json:"maxReceiveCount"`
}

// parseRedrive takes maxReceiveCount as a number or as a string of digits: both
// are in use, and SQS takes both.
func parseRedrive(value string) (*broker.Redrive, error) {
	if value == "" {
		return nil, nil
	}
	bad := func(reason string) error { return parameterOutOfRange(attrRedrive, value, reason) }
	var policy redrivePolicy
	if err := json.Unmarshal([]byte(value), &policy); err != nil {
		return nil, bad("Amazon SQS can't create the redrive policy, as it's in an unsupported format.")
	}
	if policy.DeadLetterTargetARN == "" || policy.MaxReceiveCount == nil {
		return nil, bad("Redrive policy does not contain mandatory attributes: deadLetterTargetArn, maxReceiveCount.")
	}
	target, ok := queueOfARN(policy.DeadLetterTargetARN)
	if !ok {
		return nil, bad("Invalid value for deadLetterTargetArn.")
	}
	count, err := strconv.Atoi(fmt.Sprint(policy.MaxReceiveCount))
	if err != nil || count < 1 || count > maxRedriveReceives {
		return nil, bad(fmt.Sprintf("Invalid value for maxReceiveCount: %v, valid values are from 1 to %d both inclusive.",
			policy.MaxReceiveCount, maxRedriveReceives))
	}
	return &broker.Redrive{Target: target, MaxReceives: count}, nil
}

// attributesOf shows a queue as GetQueueAttributes does.
func attributesOf(q broker.Info) (map[string]string, error) {
	seconds := func(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
	out := map[string]string{
		"QueueArn":                              arnOf(q.Name),
		"CreatedTimestamp":                      strconv.FormatInt(q.CreatedAt.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.ModifiedAt.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(q.Stats.Visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.Stats.InFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(q.Stats.Delayed),
		attrVisibility:                          seconds(q.Settings.VisibilityTimeout),
		attrRetention:                           seconds(q.Settings.Retention),
		attrDelay:                               seconds(q.Settings.Delay),
		attrReceiveWait:                         seconds(q.Settings.ReceiveWait),
		attrMaxSize:                             strconv.Itoa(q.Settings.MaxMessageBytes),
		"SqsManagedSseEnabled":                  "true",
	}
	if redrive := q.Settings.Redrive; redrive != nil {
		policy, err := json.Marshal(redrivePolicy{arnOf(redrive.Target), redrive.MaxReceives})
		if err != nil {
			return nil, fmt.Errorf("encode the redrive policy of queue %s: %w", q.Name, err)
		}
		out[attrRedrive] = string(policy)
	}
	maps.Copy(out, q.Settings.Extra)
	return out, nil
}

// knownAttribute reports that a standard queue may be asked for the attribute,
// whether or not it has a value.
func knownAttribute(name string) bool {
	switch name {
	case "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp",
		"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
		attrVisibility, attrRetention, attrDelay, attrReceiveWait, attrMaxSize, attrRedrive:
		return true
	}
	return storedAttribute(name)
}
