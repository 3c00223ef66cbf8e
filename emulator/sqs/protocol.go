package sqs

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	targetPrefix = "AmazonSQS."
	contentType  = "application/x-amz-json-1.0"

	// maxRequestBytes leaves room for 1 MiB of messages in which a client
	// escaped every character.
	maxRequestBytes = 8 << 20
)

// operation decodes a request body, does the work and returns what to encode.
type operation func(s *Server, r *http.Request, body []byte) (any, error)

func operations() map[string]operation {
	return map[string]operation{
		"CreateQueue":                  typed((*Server).createQueue),
		"DeleteQueue":                  typed((*Server).deleteQueue),
		"GetQueueUrl":                  typed((*Server).getQueueURL),
		"ListQueues":                   typed((*Server).listQueues),
		"GetQueueAttributes":           typed((*Server).getQueueAttributes),
		"SetQueueAttributes":           typed((*Server).setQueueAttributes),
		"PurgeQueue":                   typed((*Server).purgeQueue),
		"SendMessage":                  typed((*Server).sendMessage),
		"SendMessageBatch":             typed((*Server).sendMessageBatch),
		"ReceiveMessage":               typed((*Server).receiveMessage),
		"DeleteMessage":                typed((*Server).deleteMessage),
		"DeleteMessageBatch":           typed((*Server).deleteMessageBatch),
		"ChangeMessageVisibility":      typed((*Server).changeMessageVisibility),
		"ChangeMessageVisibilityBatch": typed((*Server).changeMessageVisibilityBatch),
	}
}

func typed[In, Out any](f func(*Server, *http.Request, In) (Out, error)) operation {
	return func(s *Server, r *http.Request, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, serializationError("the request is not the JSON this operation takes: " + err.Error())
		}
		return f(s, r, in)
	}
}

// nothing is the answer of operations that have none.
type nothing struct{}

// ServeHTTP answers one request of the AWS JSON 1.0 protocol. Signatures are
// not verified. A request longer than 8 MiB is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.serve(w, r)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	s.write(w, http.StatusOK, out)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (any, error) {
	target := r.Header.Get("X-Amz-Target")
	name, ok := strings.CutPrefix(target, targetPrefix)
	op, known := s.operations[name]
	if !ok || !known {
		return nil, unknownOperation(target)
	}
	if r.Method != http.MethodPost {
		return nil, serializationError("method " + r.Method + " is not POST")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, requestTooLarge(tooLarge.Limit)
	case err != nil:
		return nil, serializationError("the request body could not be read: " + err.Error())
	case !utf8.Valid(body):
		return nil, serializationError("the request is not valid UTF-8")
	}
	return op(s, r, body)
}

func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	api := asAPIError(err, "")
	if api.status == http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "sqs request failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
	}
	fault := "Sender"
	if !api.senderFault() {
		fault = "Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", api.code+";"+fault)
	s.write(w, api.status, map[string]string{"__type": api.shape, "message": api.message})
}

func (s *Server) write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.log.Error("sqs answer could not be encoded", "error", err)
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-RequestId", uuid.NewString())
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.log.Debug("sqs answer could not be written", "error", err)
	}
}
