package sns

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const maxTopicName = 256

type topic struct {
	arn           string
	attributes    map[string]string
	subscriptions []subscription // in the order they were made
}

// subscription is immutable: a change replaces it.
type subscription struct {
	arn      string
	topicARN string
	protocol string
	endpoint string
	raw      bool
}

// Subscription asks for the messages of a topic. Protocol is sqs, with a queue's
// ARN as Endpoint, or http or https, with a URL. With Raw the endpoint gets the
// message as it was published, otherwise in the JSON envelope of SNS.
type Subscription struct {
	TopicARN string
	Protocol string
	Endpoint string
	Raw      bool
}

// CreateTopic makes a topic, or finds it, and returns its ARN.
func (s *Server) CreateTopic(name string) (string, error) {
	arn, err := s.makeTopic(name, nil)
	if err != nil {
		return "", fmt.Errorf("sns: create topic %q: %w", name, err)
	}
	return arn, nil
}

// Subscribe makes a subscription and returns its ARN. An endpoint that is
// subscribed already keeps its subscription, with Raw as it is given now.
func (s *Server) Subscribe(sub Subscription) (string, error) {
	arn, err := s.makeSubscription(sub)
	if err != nil {
		return "", fmt.Errorf("sns: subscribe %s to %s: %w", sub.Endpoint, sub.TopicARN, err)
	}
	return arn, nil
}

func (s *Server) makeTopic(name string, attributes map[string]string) (string, error) {
	if strings.HasSuffix(name, ".fifo") || attributes["FifoTopic"] == "true" {
		return "", invalidParameter("the local SNS has standard topics only")
	}
	if !isName(name, maxTopicName) {
		return "", invalidParameter("Topic Name")
	}
	arn := "arn:aws:sns:" + s.region + ":" + s.accountID + ":" + name
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.topics[arn]
	if !ok {
		t = &topic{arn: arn, attributes: map[string]string{}}
		s.topics[arn] = t
		maps.Copy(t.attributes, attributes)
		return arn, nil
	}
	for key, value := range attributes {
		if t.attributes[key] != value {
			return "", invalidParameter("Attributes Reason: Topic already exists with different attributes")
		}
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
	if err := checkEndpoint(sub); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.topics[sub.TopicARN]
	if !ok {
		return "", topicNotFound()
	}
	made := subscription{
		arn: t.arn + ":" + newID(), topicARN: t.arn,
		protocol: sub.Protocol, endpoint: sub.Endpoint, raw: sub.Raw,
	}
	// The slice is replaced, never edited: a publish may be walking it.
	next := slices.Clone(t.subscriptions)
	i := slices.IndexFunc(next, func(o subscription) bool {
		return o.protocol == made.protocol && o.endpoint == made.endpoint
	})
	if i >= 0 {
		made.arn = next[i].arn
		next[i] = made
	} else {
		next = append(next, made)
	}
	t.subscriptions = next
	return made.arn, nil
}

func checkEndpoint(sub Subscription) error {
	switch sub.Protocol {
	case "sqs":
		parts := strings.Split(sub.Endpoint, ":")
		if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sqs" || parts[5] == "" {
			return invalidParameter("SQS endpoint ARN")
		}
	case "http", "https":
		u, err := url.Parse(sub.Endpoint)
		if err != nil || u.Scheme != sub.Protocol || u.Host == "" {
			return invalidParameter("Endpoint must match the specified protocol")
		}
	case "":
		return invalidParameter("Protocol Reason: no value for required parameter")
	default:
		return invalidParameter("the local SNS has no protocol %s, only sqs, http and https", sub.Protocol)
	}
	return nil
}

// find returns a topic's subscriptions as they are now.
func (s *Server) find(arn string) ([]subscription, error) {
	if strings.Count(arn, ":") < 5 {
		return nil, invalidParameter("TopicArn Reason: An ARN must have at least 6 elements, not %d", strings.Count(arn, ":")+1)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, unavailable()
	}
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
	arn, err := s.makeTopic(form.Get("Name"), stringMap(form, "Attributes"))
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

type attributeEntry struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type attributesResult struct {
	Entries []attributeEntry `xml:"Attributes>entry"`
}

func attributesOf(m map[string]string) attributesResult {
	var out attributesResult
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out.Entries = append(out.Entries, attributeEntry{key, m[key]})
	}
	return out
}

func (s *Server) getTopicAttributes(_ *http.Request, form url.Values) (any, error) {
	arn := form.Get("TopicArn")
	subscriptions, err := s.find(arn)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := map[string]string{
		"TopicArn":               arn,
		"Owner":                  s.accountID,
		"DisplayName":            "",
		"SubscriptionsConfirmed": strconv.Itoa(len(subscriptions)),
		"SubscriptionsPending":   "0",
		"SubscriptionsDeleted":   "0",
	}
	if t, ok := s.topics[arn]; ok {
		maps.Copy(all, t.attributes)
	}
	return attributesOf(all), nil
}

func (s *Server) subscribe(_ *http.Request, form url.Values) (any, error) {
	sub := Subscription{
		TopicARN: form.Get("TopicArn"),
		Protocol: form.Get("Protocol"),
		Endpoint: form.Get("Endpoint"),
	}
	for name, value := range stringMap(form, "Attributes") {
		if name != "RawMessageDelivery" {
			return nil, invalidParameter("the local SNS has no subscription attribute %s", name)
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

type subscriptionsResult struct {
	Members []subscriptionMember `xml:"Subscriptions>member"`
}

func (s *Server) members(subscriptions []subscription) subscriptionsResult {
	var out subscriptionsResult
	for _, o := range subscriptions {
		out.Members = append(out.Members, subscriptionMember{o.topicARN, o.protocol, o.arn, s.accountID, o.endpoint})
	}
	return out
}

func (s *Server) listSubscriptionsByTopic(_ *http.Request, form url.Values) (any, error) {
	subscriptions, err := s.find(form.Get("TopicArn"))
	return s.members(subscriptions), err
}

func (s *Server) listSubscriptions(_ *http.Request, _ url.Values) (any, error) {
	return s.members(s.allSubscriptions()), nil
}

func (s *Server) allSubscriptions() []subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []subscription
	for _, arn := range slices.Sorted(maps.Keys(s.topics)) {
		all = append(all, s.topics[arn].subscriptions...)
	}
	return all
}

func (s *Server) getSubscriptionAttributes(_ *http.Request, form url.Values) (any, error) {
	arn := form.Get("SubscriptionArn")
	for _, o := range s.allSubscriptions() {
		if o.arn == arn {
			return attributesOf(map[string]string{
				"SubscriptionArn": o.arn, "TopicArn": o.topicARN, "Protocol": o.protocol, "Endpoint": o.endpoint,
				"Owner": s.accountID, "RawMessageDelivery": strconv.FormatBool(o.raw), "PendingConfirmation": "false",
			}), nil
		}
	}
	return nil, newError(404, "NotFound", "Subscription does not exist")
}
