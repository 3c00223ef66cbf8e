package lambdatest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// AWS is an endpoint that answers, of the calls a function makes, the good case:
// SQS and SNS take every message that is not empty, S3 keeps objects that have the hash
// they come with, Secrets Manager has one secret. Give its URL as AWS_ENDPOINT_URL.
type AWS struct {
	URL string
	// Secret is the text of the one secret.
	Secret string
	// Fail, when set, says for which operations the endpoint answers that the caller
	// has no grant, which SDKs do not try again.
	Fail func(operation string) bool
	// CutOff says that calls may end half way, as those of a function that runs out of
	// time. Otherwise one that does fails the test.
	CutOff bool

	mu      sync.Mutex
	calls   []string
	bodies  []string
	objects map[string][]byte
	taken   int
}

// StartAWS starts an endpoint that ends with the test.
func StartAWS(t testing.TB) *AWS {
	a := &AWS{objects: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			if !a.CutOff {
				t.Errorf("read a call: %v", err)
			}
			return // the call was not made
		}
		a.serve(t, w, r, body)
	}))
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Calls returns the operations called so far, such as "AmazonSQS.SendMessage" or
// "PUT /bucket/key".
func (a *AWS) Calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

// Bodies returns the bodies of the calls so far.
func (a *AWS) Bodies() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.bodies...)
}

// Taken returns how many messages and objects were taken.
func (a *AWS) Taken() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken
}

// Objects returns the objects by their paths, such as "/bucket/key".
func (a *AWS) Objects() map[string][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.objects)
}

// Put stores an object, the bucket's name first in its path.
func (a *AWS) Put(path string, content []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[path] = content
}

func (a *AWS) serve(t testing.TB, w http.ResponseWriter, r *http.Request, body []byte) {
	operation := r.Header.Get("X-Amz-Target")
	var form url.Values
	switch {
	case operation != "":
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		var err error
		if form, err = url.ParseQuery(string(body)); err != nil {
			t.Errorf("a call's form: %v", err)
		}
		operation = form.Get("Action")
	default:
		operation = r.Method + " " + r.URL.Path
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls, a.bodies = append(a.calls, operation), append(a.bodies, string(body))
	if a.Fail != nil && a.Fail(operation) {
		deny(w, r, form != nil)
		return
	}
	switch operation {
	case "AmazonSQS.SendMessage":
		var in struct{ MessageBody string }
		decode(t, body, &in)
		if in.MessageBody == "" {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"__type":"com.amazonaws.sqs#InvalidParameterValue","message":"The request must contain the parameter MessageBody."}`)
			return
		}
		a.taken++
		respond(t, w, map[string]string{"MessageId": "m", "MD5OfMessageBody": sum(in.MessageBody)})
	case "AmazonSQS.SendMessageBatch":
		var in struct {
			Entries []struct{ Id, MessageBody string }
		}
		decode(t, body, &in)
		taken := []map[string]string{}
		for _, e := range in.Entries {
			a.taken++
			taken = append(taken, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": sum(e.MessageBody)})
		}
		respond(t, w, map[string]any{"Successful": taken})
	case "AmazonSQS.ChangeMessageVisibilityBatch":
		var in struct{ Entries []struct{ Id string } }
		decode(t, body, &in)
		respond(t, w, map[string]any{"Successful": in.Entries})
	case "secretsmanager.GetSecretValue":
		respond(t, w, map[string]string{"SecretString": a.Secret})
	case "PublishBatch":
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, "<PublishBatchResponse><PublishBatchResult><Successful>")
		var failed string
		for i := 1; form.Has(fmt.Sprintf("PublishBatchRequestEntries.member.%d.Id", i)); i++ {
			entry := fmt.Sprintf("PublishBatchRequestEntries.member.%d.", i)
			if form.Get(entry+"Message") == "" {
				failed += fmt.Sprintf("<member><Id>%s</Id><Code>InvalidParameter</Code><Message>Empty message</Message><SenderFault>true</SenderFault></member>", form.Get(entry+"Id"))
				continue
			}
			a.taken++
			fmt.Fprintf(w, "<member><Id>%s</Id><MessageId>m</MessageId></member>", form.Get(entry+"Id"))
		}
		fmt.Fprintf(w, "</Successful><Failed>%s</Failed></PublishBatchResult></PublishBatchResponse>", failed)
	default:
		a.object(t, w, r, body)
	}
}

// deny answers in the words of the service.
func deny(w http.ResponseWriter, r *http.Request, sns bool) {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not allowed"}`)
	case sns:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not allowed</Message></Error></ErrorResponse>")
	default:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, "<Error><Code>AccessDenied</Code></Error>")
	}
}

func (a *AWS) object(t testing.TB, w http.ResponseWriter, r *http.Request, body []byte) {
	switch stored, found := a.objects[r.URL.Path]; {
	case r.Method == http.MethodPut:
		digest := sha256.Sum256(body)
		if r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(digest[:]) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "<Error><Code>BadDigest</Code></Error>")
			return
		}
		a.taken++
		a.objects[r.URL.Path] = body
	case r.Method == http.MethodGet && found:
		w.Header().Set("Content-Length", strconv.Itoa(len(stored)))
		if _, err := w.Write(stored); err != nil && !a.CutOff {
			t.Errorf("answer with an object: %v", err)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchKey</Code></Error>")
	}
}

func decode(t testing.TB, body []byte, into any) {
	if err := json.Unmarshal(body, into); err != nil {
		t.Errorf("a call's body: %v", err)
	}
}

func respond(t testing.TB, w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		t.Errorf("answer a call: %v", err)
	}
}

func sum(text string) string {
	digest := md5.Sum([]byte(text))
	return hex.EncodeToString(digest[:])
}
