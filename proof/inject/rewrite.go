package inject

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
)

// copiesWithin is how late a copy of a message is sent at most. Copies of messages that
// were sent within that time of one another come out of order.
const copiesWithin = 3 * time.Second

// record has the service do its work and returns what it answers.
func record(r *http.Request, service http.Handler) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, r)
	return answer
}

// write passes an answer on with another body.
func write(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.Code)
	// A caller that is gone by now needs no body.
	_, _ = w.Write(body)
}

// forget takes an object and keeps nothing.
func forget(w http.ResponseWriter, r *http.Request) {
	body, err := peek(r)
	if err != nil {
		endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	sum := md5.Sum(body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	w.WriteHeader(http.StatusOK)
}

// corrupt changes the last byte but one of an object, and takes away the checksums that
// the service answers with: they would be those of what is stored.
func corrupt(w http.ResponseWriter, r *http.Request, service http.Handler) {
	answer := record(r, service)
	body := answer.Body.Bytes()
	if answer.Code == http.StatusOK && len(body) > 1 {
		body[len(body)-2] ^= 1
		for name := range answer.Header() {
			if strings.HasPrefix(strings.ToLower(name), "x-amz-checksum-") {
				answer.Header().Del(name)
			}
		}
	}
	write(w, answer, body)
}

var (
	entryName   = regexp.MustCompile(`^PublishBatchRequestEntries\.member\.(\d+)\.`)
	failedEntry = "<member><Id>%s</Id><Code>InternalError</Code><Message>broken on purpose</Message><SenderFault>false</SenderFault></member>"
)

// failSome publishes the entries with an even number, and answers that the others failed,
// as SNS may ("PublishBatch": the result of each entry is reported on its own,
// https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html).
func failSome(w http.ResponseWriter, r *http.Request, service http.Handler) {
	kept, failed := url.Values{}, ""
	for name, values := range r.Form {
		found := entryName.FindStringSubmatch(name)
		if found == nil {
			kept[name] = values
			continue
		}
		if n, err := strconv.Atoi(found[1]); err == nil && n%2 == 0 {
			kept["PublishBatchRequestEntries.member."+strconv.Itoa(n/2)+strings.TrimPrefix(name, "PublishBatchRequestEntries.member."+found[1])] = values
			continue
		}
		if strings.HasSuffix(name, ".Id") {
			failed += fmt.Sprintf(failedEntry, values[0])
		}
	}
	if _, some := kept["PublishBatchRequestEntries.member.1.Id"]; !some {
		endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalError", "broken on purpose")
		return
	}
	inner := r.Clone(r.Context())
	inner.Form, inner.PostForm = kept, kept
	answer := record(inner, service)
	text := answer.Body.String()
	const before = "</PublishBatchResult>"
	write(w, answer, []byte(strings.Replace(text, before, "<Failed>"+failed+"</Failed>"+before, 1)))
}

// copies sends what is sent twice more, each time after a wait of its own.
func copies(w http.ResponseWriter, r *http.Request, service http.Handler) {
	body, err := peek(r)
	if err != nil {
		endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalFailure", err.Error())
		return
	}
	for range 2 {
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		time.AfterFunc(rand.N(copiesWithin), func() { record(again, service) })
	}
	service.ServeHTTP(w, r)
}

// shift moves the time at which ingest says that it accepted the messages: what the
// processor would see if their clocks differed.
func shift(w http.ResponseWriter, r *http.Request, service http.Handler, by time.Duration) {
	answer := record(r, service)
	body, err := shifted(answer.Body.Bytes(), by)
	if err != nil {
		endpoint.WriteError(w, r, http.StatusInternalServerError, "InternalFailure", err.Error())
		return
	}
	write(w, answer, body)
}

var receivedAt = regexp.MustCompile(`"received_at":"([^"]*)"`)

func shifted(answer []byte, by time.Duration) ([]byte, error) {
	var whole map[string]json.RawMessage
	var messages []map[string]any
	if err := json.Unmarshal(answer, &whole); err != nil {
		return nil, fmt.Errorf("inject: read an answer of SQS: %w", err)
	}
	if whole["Messages"] == nil {
		return answer, nil
	}
	if err := json.Unmarshal(whole["Messages"], &messages); err != nil {
		return nil, fmt.Errorf("inject: read the messages of SQS: %w", err)
	}
	for _, m := range messages {
		text, is := m["Body"].(string)
		if !is {
			continue
		}
		text = receivedAt.ReplaceAllStringFunc(text, func(found string) string {
			at, err := time.Parse(time.RFC3339Nano, receivedAt.FindStringSubmatch(found)[1])
			if err != nil {
				return found
			}
			return `"received_at":"` + at.Add(by).Format(time.RFC3339Nano) + `"`
		})
		sum := md5.Sum([]byte(text))
		m["Body"], m["MD5OfBody"] = text, hex.EncodeToString(sum[:])
	}
	encoded, err := json.Marshal(messages)
	if err != nil {
		return nil, fmt.Errorf("inject: encode the messages of SQS: %w", err)
	}
	whole["Messages"] = encoded
	out, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("inject: encode an answer of SQS: %w", err)
	}
	return out, nil
}
