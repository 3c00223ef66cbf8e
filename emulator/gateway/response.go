package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	headerTraceID   = "X-Amzn-Trace-Id"
	headerRequestID = "X-Amzn-Requestid"
)

// proxyResponse is a function's answer that can be sent.
type proxyResponse struct {
	status int
	header http.Header
	body   []byte
}

// parseResponse reads the answer of a proxy integration. It must be an object with a
// statusCode; headers and multiValueHeaders may hold strings, numbers and booleans, and
// body must be a string. What else the object holds is ignored. Member names count
// exactly, which encoding/json does not insist on for structs.
func parseResponse(answer []byte) (proxyResponse, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(answer, &members); err != nil {
		return proxyResponse{}, fmt.Errorf("malformed proxy response: %w", err)
	}
	var raw struct {
		statusCode        json.Number
		headers           map[string]headerValue
		multiValueHeaders map[string][]headerValue
		body              string
		isBase64Encoded   bool
	}
	for _, member := range []struct {
		name  string
		value any
	}{
		{"statusCode", &raw.statusCode},
		{"headers", &raw.headers},
		{"multiValueHeaders", &raw.multiValueHeaders},
		{"body", &raw.body},
		{"isBase64Encoded", &raw.isBase64Encoded},
	} {
		encoded, present := members[member.name]
		if !present {
			continue
		}
		if err := json.Unmarshal(encoded, member.value); err != nil {
			return proxyResponse{}, fmt.Errorf("malformed proxy response: %s: %w", member.name, err)
		}
	}

	status, err := strconv.Atoi(raw.statusCode.String())
	if err != nil || status < 200 || status > 599 {
		return proxyResponse{}, fmt.Errorf("malformed proxy response: statusCode must be 200 to 599, got %.20q", raw.statusCode)
	}
	response := proxyResponse{status: status, header: http.Header{}, body: []byte(raw.body)}
	if err := response.addHeaders(raw.headers, raw.multiValueHeaders); err != nil {
		return proxyResponse{}, err
	}
	if raw.isBase64Encoded {
		response.body, err = base64.StdEncoding.DecodeString(raw.body)
		if err != nil {
			return proxyResponse{}, fmt.Errorf("malformed proxy response: body is not base64: %w", err)
		}
	}
	return response, nil
}

// addHeaders merges both maps: the multiple values first, and then the single one unless
// it is among them.
func (r *proxyResponse) addHeaders(single map[string]headerValue, multi map[string][]headerValue) error {
	for name, values := range multi {
		for _, value := range values {
			if err := checkHeader(name, string(value)); err != nil {
				return err
			}
			r.header.Add(name, string(value))
		}
	}
	for name, value := range single {
		if err := checkHeader(name, string(value)); err != nil {
			return err
		}
		if !slices.Contains(r.header.Values(name), string(value)) {
			r.header.Add(name, string(value))
		}
	}
	// These are the connection's, which is not the function's.
	for _, name := range []string{"Connection", "Content-Length", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade"} {
		r.header.Del(name)
	}
	return nil
}

func checkHeader(name, value string) error {
	if name == "" || strings.ContainsFunc(name, isNoTokenCharacter) {
		return fmt.Errorf("malformed proxy response: %.64q is no header name", name)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("malformed proxy response: the header %.64s has a line break or a NUL", name)
	}
	return nil
}

// isNoTokenCharacter reports what a header name cannot hold (RFC 9110, 5.6.2).
func isNoTokenCharacter(r rune) bool {
	switch {
	case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// headerValue is a header's value, which API Gateway also takes as a number or a boolean.
type headerValue string

// UnmarshalJSON implements json.Unmarshaler.
func (v *headerValue) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.HasPrefix(data, []byte{'"'}):
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*v = headerValue(text)
	case bytes.HasPrefix(data, []byte{'{'}), bytes.HasPrefix(data, []byte{'['}), bytes.Equal(data, []byte("null")):
		return errors.New("a header must be a string, a number or a boolean")
	default:
		*v = headerValue(data)
	}
	return nil
}

// send writes the function's answer and the headers that API Gateway adds.
func (x *exchange) send(response proxyResponse) {
	x.deflate(&response)
	header := x.Header()
	for name, values := range response.header {
		header[name] = values
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	header.Set(headerRequestID, x.requestID)
	header.Set(headerTraceID, x.traceID)
	if response.status != http.StatusNoContent && response.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(response.body)))
	}
	x.WriteHeader(response.status)
	x.writeBody(response.body)
}

// writeBody leaves out what the method or the status does not allow.
func (x *exchange) writeBody(body []byte) {
	if x.request.Method == http.MethodHead || x.status == http.StatusNoContent || x.status == http.StatusNotModified {
		return
	}
	if _, err := x.Write(body); err != nil {
		x.failure = fmt.Errorf("writing the response: %w", err)
	}
}
