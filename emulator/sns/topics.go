package sns

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const maxTopicName = 256

// CreateTopic makes a topic, or finds it, and returns its ARN.
func (s *Server) CreateTopic(name string) (string, error) {
	if !isName(name, maxTopicName) {
		return "", fmt.Errorf("sns: create topic %q: a name has 1 to %d letters, digits, hyphens and underscores", name, maxTopicName)
	}
	arn := "arn:aws:sns:" + sqs.Region + ":" + sqs.AccountID + ":" + name
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.topics[arn]; !ok {
		s.topics[arn] = nil
	}
	return arn, nil
}

// isName reports that s is one to limit letters, digits, hyphens and underscores.
func isName(s string, limit int) bool {
	other := func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '_' && r != '-'
	}
	return s != "" && len(s) <= limit && strings.IndexFunc(s, other) < 0
}

// Subscribe has the messages of a topic delivered to a queue, as they were
// published and with their attributes. Doing it twice changes nothing.
func (s *Server) Subscribe(topicARN, queueARN string) error {
	parts := strings.Split(queueARN, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sqs" || parts[5] == "" {
		return fmt.Errorf("sns: subscribe %q to %s: it is not the ARN of a queue", queueARN, topicARN)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	queues, ok := s.topics[topicARN]
	if !ok {
		return fmt.Errorf("sns: subscribe %s to %s: %w", queueARN, topicARN, topicNotFound())
	}
	if !slices.Contains(queues, queueARN) {
		s.topics[topicARN] = append(slices.Clip(queues), queueARN) // a publish may be walking the other one
	}
	return nil
}

// find returns the queues that are subscribed to a topic now.
func (s *Server) find(arn string) ([]string, error) {
	if strings.Count(arn, ":") < 5 {
		return nil, invalidParameter("TopicArn Reason: An ARN must have at least 6 elements, not %d", strings.Count(arn, ":")+1)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	queues, ok := s.topics[arn]
	if !ok {
		return nil, topicNotFound()
	}
	return queues, nil
}
