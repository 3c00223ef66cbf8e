package sns

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const maxTopicName = 256

type topic struct {
	subscriptions []subscription // in the order they were made; replaced, never edited
}

// subscription is immutable: a change replaces it.
type subscription struct {
	Subscription
	arn string
}

// Subscription asks for the messages of a topic. With Raw the queue gets the
// message as it was published, with its attributes; otherwise in the JSON envelope
// of SNS.
type Subscription struct {
	TopicARN string
	QueueARN string
	Raw      bool
}

// CreateTopic makes a topic, or finds it, and returns its ARN.
func (s *Server) CreateTopic(name string) (string, error) {
	arn, err := s.makeTopic(name)
	if err != nil {
		return "", fmt.Errorf("sns: create topic %q: %w", name, err)
	}
	return arn, nil
}

// Subscribe makes a subscription and returns its ARN. A queue that is subscribed
// already keeps its subscription, with Raw as it is given now.
func (s *Server) Subscribe(sub Subscription) (string, error) {
	arn, err := s.makeSubscription(sub)
	if err != nil {
		return "", fmt.Errorf("sns: subscribe %s to %s: %w", sub.QueueARN, sub.TopicARN, err)
	}
	return arn, nil
}

func (s *Server) makeTopic(name string) (string, error) {
	if !isName(name, maxTopicName) {
		return "", invalidParameter("Topic Name")
	}
	arn := "arn:aws:sns:" + sqs.Region + ":" + sqs.AccountID + ":" + name
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.topics[arn]; !ok {
		s.topics[arn] = &topic{}
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

func (s *Server) makeSubscription(sub Subscription) (string, error) {
	parts := strings.Split(sub.QueueARN, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sqs" || parts[5] == "" {
		return "", invalidParameter("SQS endpoint ARN")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.topics[sub.TopicARN]
	if !ok {
		return "", topicNotFound()
	}
	made := subscription{Subscription: sub, arn: sub.TopicARN + ":" + uuid.NewString()}
	next := slices.Clone(t.subscriptions) // a publish may be walking the other one
	i := slices.IndexFunc(next, func(o subscription) bool { return o.QueueARN == sub.QueueARN })
	if i >= 0 {
		made.arn = next[i].arn
		next[i] = made
	} else {
		next = append(next, made)
	}
	t.subscriptions = next
	return made.arn, nil
}

// find returns a topic's subscriptions as they are now.
func (s *Server) find(arn string) ([]subscription, error) {
	if strings.Count(arn, ":") < 5 {
		return nil, invalidParameter("TopicArn Reason: An ARN must have at least 6 elements, not %d", strings.Count(arn, ":")+1)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.topics[arn]
	if !ok {
		return nil, topicNotFound()
	}
	return t.subscriptions, nil
}

type topicARN struct {
	TopicARN string `xml:"TopicArn"`
}

func (s *Server) createTopic(_ *http.Request, form url.Values) (any, error) {
	for name := range stringMap(form, "Attributes") {
		return nil, invalidParameter("the topic attribute %s is not supported", name)
	}
	arn, err := s.makeTopic(form.Get("Name"))
	return topicARN{arn}, err
}

func (s *Server) deleteTopic(_ *http.Request, form url.Values) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, form.Get("TopicArn"))
	return nil, nil
}

func (s *Server) listTopics(_ *http.Request, _ url.Values) (any, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out struct {
		Topics []topicARN `xml:"Topics>member"`
	}
	for _, arn := range slices.Sorted(maps.Keys(s.topics)) {
		out.Topics = append(out.Topics, topicARN{arn})
	}
	return out, nil
}

func (s *Server) subscribe(_ *http.Request, form url.Values) (any, error) {
	if protocol := form.Get("Protocol"); protocol != "sqs" {
		return nil, invalidParameter("the protocol %q is not supported, only sqs", protocol)
	}
	sub := Subscription{TopicARN: form.Get("TopicArn"), QueueARN: form.Get("Endpoint")}
	for name, value := range stringMap(form, "Attributes") {
		if name != "RawMessageDelivery" {
			return nil, invalidParameter("the subscription attribute %s is not supported", name)
		}
		raw, err := strconv.ParseBool(value)
		if err != nil {
			return nil, invalidParameter("Attributes Reason: RawMessageDelivery: Invalid value [%s]. Must be true or false.", value)
		}
		sub.Raw = raw
	}
	if _, err := s.find(sub.TopicARN); err != nil {
		return nil, err
	}
	arn, err := s.makeSubscription(sub)
	return struct {
		ARN string `xml:"SubscriptionArn"`
	}{arn}, err
}

func (s *Server) unsubscribe(_ *http.Request, form url.Values) (any, error) {
	arn := form.Get("SubscriptionArn")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.topics {
		t.subscriptions = slices.DeleteFunc(slices.Clone(t.subscriptions), func(o subscription) bool { return o.arn == arn })
	}
	return nil, nil
}

type subscriptionMember struct {
	TopicARN        string `xml:"TopicArn"`
	Protocol        string
	SubscriptionARN string `xml:"SubscriptionArn"`
	Owner           string
	Endpoint        string
}

func (s *Server) listSubscriptionsByTopic(_ *http.Request, form url.Values) (any, error) {
	subscriptions, err := s.find(form.Get("TopicArn"))
	var out struct {
		Members []subscriptionMember `xml:"Subscriptions>member"`
	}
	for _, o := range subscriptions {
		out.Members = append(out.Members, subscriptionMember{o.TopicARN, "sqs", o.arn, sqs.AccountID, o.QueueARN})
	}
	return out, err
}
