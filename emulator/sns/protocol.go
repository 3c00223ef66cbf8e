package sns

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const (
	xmlNamespace = "http://sns.amazonaws.com/doc/2010-03-31/"

	// maxRequestBytes leaves room for 256 KiB of messages in which every byte
	// is percent-encoded.
	maxRequestBytes = 2 << 20
)

// operation does the work of one Action and returns the content of its result
// element.
type operation func(*Server, *http.Request, url.Values) (any, error)

func operations() map[string]operation {
	return map[string]operation{
		"Publish":      (*Server).publish,
		"PublishBatch": (*Server).publishBatch,
	}
}

// ServeHTTP answers one request of the query protocol. Signatures are not
// verified. A request longer than 2 MiB is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := uuid.NewString()
	action, result, err := s.serve(w, r)
	if err != nil {
		api := asAPIError(err)
		if !api.senderFault() {
			s.log.ErrorContext(r.Context(), "sns request failed", "action", action, "error", err)
		}
		s.write(w, api.status, requestID, api.document(requestID))
		return
	}
	s.write(w, http.StatusOK, requestID, answer{action: action, result: result, requestID: requestID})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (string, any, error) {
	if r.Form == nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", nil, newError(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request is longer than %d bytes", tooLarge.Limit)
		}
		return "", nil, newError(400, "MalformedQueryString", "the request is not form-encoded: %v", err)
	}
	action := r.Form.Get("Action")
	op, ok := s.operations[action]
	if !ok {
		return action, nil, newError(400, "InvalidAction", "this emulator has no action %q", action)
	}
	result, err := op(s, r, r.Form)
	return action, result, err
}

func (s *Server) write(w http.ResponseWriter, status int, requestID string, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		s.log.Error("sns answer could not be encoded", "error", err)
		http.Error(w, "the answer could not be encoded", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-RequestId", requestID)
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.log.Debug("sns answer could not be written", "error", err)
	}
}

// answer is <ActionResponse><ActionResult>…</ActionResult>, with the metadata
// that every answer has.
type answer struct {
	action    string
	result    any
	requestID string
}

func (a answer) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	root := xml.StartElement{Name: xml.Name{Space: xmlNamespace, Local: a.action + "Response"}}
	if err := e.EncodeToken(root); err != nil {
		return fmt.Errorf("encode the answer of %s: %w", a.action, err)
	}
	name := xml.StartElement{Name: xml.Name{Local: a.action + "Result"}}
	if err := e.EncodeElement(a.result, name); err != nil {
		return fmt.Errorf("encode the result of %s: %w", a.action, err)
	}
	metadata := struct {
		RequestID string `xml:"RequestId"`
	}{a.requestID}
	if err := e.EncodeElement(metadata, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}}); err != nil {
		return fmt.Errorf("encode the metadata of %s: %w", a.action, err)
	}
	return e.EncodeToken(root.End())
}

// list returns the keys of one list of a form, "prefix.1" and so on, in their
// order. Gaps are allowed.
func list(form url.Values, prefix string) []string {
	seen := map[int]bool{}
	var numbers []int
	for key := range form {
		rest, ok := strings.CutPrefix(key, prefix+".")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(digits); err == nil && n > 0 && !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	keys := make([]string, len(numbers))
	for i, n := range numbers {
		keys[i] = fmt.Sprintf("%s.%d", prefix, n)
	}
	return keys
}

func messageAttributes(form url.Values, prefix string) (map[string]sqs.Attribute, error) {
	out := map[string]sqs.Attribute{}
	for _, key := range list(form, prefix+"MessageAttributes.entry") {
		name := form.Get(key + ".Name")
		a := sqs.Attribute{
			DataType: form.Get(key + ".Value.DataType"),
			String:   form.Get(key + ".Value.StringValue"),
		}
		binary, err := base64.StdEncoding.DecodeString(form.Get(key + ".Value.BinaryValue"))
		if err != nil {
			return nil, invalidParameter("the binary value of message attribute '%s' is not base64", name)
		}
		if len(binary) > 0 {
			a.Binary = binary
		}
		if err := checkAttribute(name, a); err != nil {
			return nil, err
		}
		out[name] = a
	}
	return out, nil
}
