package sns

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const (
	maxPublishBytes = 256 << 10
	maxBatchEntries = 10
	maxEntryID      = 80
)

// notification is one message on its way to the subscribers.
type notification struct {
	id         string
	message    string
	attributes map[string]sqs.Attribute
	trace      string
}

func (n notification) size() int {
	size := len(n.message)
	for name, a := range n.attributes {
		size += len(name) + len(a.DataType) + len(a.String) + len(a.Binary)
	}
	return size
}

// read takes a message out of a form. The prefix is that of a batch entry. A subject
// shows only where SNS wraps messages, and is passed over.
func read(r *http.Request, form url.Values, prefix string) (notification, error) {
	n := notification{
		id:      uuid.NewString(),
		message: form.Get(prefix + "Message"),
		trace:   r.Header.Get("X-Amzn-Trace-Id"),
	}
	var err error
	if n.attributes, err = messageAttributes(form, prefix); err != nil {
		return n, err
	}
	if n.message == "" {
		return n, invalidParameter("Empty message")
	}
	if !utf8.ValidString(n.message) {
		return n, invalidParameter("Message Reason: not valid UTF-8")
	}
	if form.Get(prefix+"MessageStructure") != "" {
		return n, invalidParameter("MessageStructure is not supported")
	}
	return n, nil
}

func checkAttribute(name string, a sqs.Attribute) error {
	if name == "" {
		return invalidParameter("a message attribute has no name")
	}
	switch kind, _, _ := strings.Cut(a.DataType, "."); kind {
	case "String", "Number":
		if a.String == "" {
			return newError(400, "ParameterValueInvalid", "The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
		}
	case "Binary":
		if len(a.Binary) == 0 {
			return newError(400, "ParameterValueInvalid", "The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.DataType)
		}
	default:
		return newError(400, "ParameterValueInvalid", "The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	}
	return nil
}

type publishResult struct {
	MessageID string `xml:"MessageId"`
}

func (s *Server) publish(r *http.Request, form url.Values) (any, error) {
	queues, err := s.find(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	n, err := read(r, form, "")
	if err != nil {
		return nil, err
	}
	if n.size() > maxPublishBytes {
		return nil, invalidParameter("Message too long")
	}
	if err := s.fanOut(r.Context(), queues, n); err != nil {
		return nil, err
	}
	return publishResult{n.id}, nil
}

type batchSuccess struct {
	ID        string `xml:"Id"`
	MessageID string `xml:"MessageId"`
}

type batchFailure struct {
	ID          string `xml:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

type publishBatchResult struct {
	Successful []batchSuccess `xml:"Successful>member"`
	Failed     []batchFailure `xml:"Failed>member"`
}

func (s *Server) publishBatch(r *http.Request, form url.Values) (any, error) {
	queues, err := s.find(form.Get("TopicArn"))
	if err != nil {
		return nil, err
	}
	keys := list(form, "PublishBatchRequestEntries.member")
	if err := checkEntries(form, keys); err != nil {
		return nil, err
	}
	notifications := make([]notification, len(keys))
	failures := make([]error, len(keys))
	size := 0
	for i, key := range keys {
		notifications[i], failures[i] = read(r, form, key+".")
		size += notifications[i].size()
	}
	if size > maxPublishBytes {
		return nil, newError(400, "BatchRequestTooLong", "The length of all the messages put together is %d bytes, more than the limit of %d.", size, maxPublishBytes)
	}
	// All at once, so that their commits are one.
	var wg sync.WaitGroup
	for i, n := range notifications {
		if failures[i] == nil {
			wg.Go(func() { failures[i] = s.fanOut(r.Context(), queues, n) })
		}
	}
	wg.Wait()
	var out publishBatchResult
	for i, key := range keys {
		id := form.Get(key + ".Id")
		if failures[i] == nil {
			out.Successful = append(out.Successful, batchSuccess{id, notifications[i].id})
			continue
		}
		api := asAPIError(failures[i])
		out.Failed = append(out.Failed, batchFailure{id, api.code, api.message, api.senderFault()})
	}
	return out, nil
}

// checkEntries applies the rules that refuse a batch as a whole.
func checkEntries(form url.Values, keys []string) error {
	if len(keys) == 0 {
		return newError(400, "EmptyBatchRequest", "The batch request doesn't contain any entries.")
	}
	if len(keys) > maxBatchEntries {
		return newError(400, "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible: %d, at most %d.", len(keys), maxBatchEntries)
	}
	seen := map[string]bool{}
	for _, key := range keys {
		id := form.Get(key + ".Id")
		if !isName(id, maxEntryID) {
			return newError(400, "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.")
		}
		if seen[id] {
			return newError(400, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		seen[id] = true
	}
	return nil
}
