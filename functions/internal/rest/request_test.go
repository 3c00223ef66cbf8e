package rest_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/contract"
)

// problemOf reads the problem document of an answer.
func problemOf(t *testing.T, answer lambdatest.Answer) lambdatest.Object {
	t.Helper()
	if answer.Headers["Content-Type"] != "application/problem+json" {
		t.Fatalf("no problem document: %+v", answer)
	}
	return lambdatest.Decode(t, []byte(answer.Body))
}

func TestHandle_idempotency_key(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key    string
		status int
	}{
		"any printable character":  {` !"#$%&'()*+,-./09:;<=>?@AZ[\]^_` + "`az{|}~", 202},
		"as long as it may be":     {strings.Repeat("k", 255), 202},
		"one character too long":   {strings.Repeat("k", 256), 422},
		"a control character":      {"a\x01", 422},
		"a character beyond ASCII": {"schlüssel", 422},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			answer := w.call(t, lambdatest.Header("idempotency-key", c.key))
			if answer.Status != c.status {
				t.Fatalf("status %d, want %d", answer.Status, c.status)
			}
			if c.status == 202 {
				if w.requests[0].IdempotencyKey != c.key {
					t.Errorf("the handler gets %q", w.requests[0].IdempotencyKey)
				}
				return
			}
			lambdatest.Golden(t, "problem/idempotency_key.golden.json", answer.Body+"\n")
			if len(w.requests) != 0 || w.observed[0].Handled || w.observed[0].Route != contract.RouteIngest {
				t.Errorf("%d requests came through, observed %+v", len(w.requests), w.observed[0])
			}
			if strings.Contains(w.log.String(), c.key) {
				t.Errorf("the log holds the key: %s", w.log)
			}
		})
	}
}

func TestHandle_takes_JSON_that_API_Gateway_has_inflated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contentType, encoding string
		detail                string // "" when it is taken
	}{
		"JSON":                  {"application/json", "", ""},
		"JSON in capitals":      {"Application/JSON", "", ""},
		"JSON in UTF-8":         {"application/json; charset=utf-8", "", ""},
		"JSON in UTF8":          {`application/json;charset="UTF8"`, "", ""},
		"a kind of JSON":        {"application/vnd.fluxa.event+json", "", ""},
		"no content type":       {"", "", ""},
		"the identity encoding": {"application/json", "Identity", ""},
		"a form":                {"application/x-www-form-urlencoded", "", `Content-Type "application/x-www-form-urlencoded" is not taken: send application/json`},
		"text":                  {"text/plain", "", `Content-Type "text/plain" is not taken: send application/json`},
		"no media type":         {"json", "", `Content-Type "json" is not taken: send application/json`},
		"a broken parameter":    {"application/json; charset", "", `Content-Type "application/json; charset" is not taken: send application/json`},
		"a long content type":   {strings.Repeat("x", 70), "", `Content-Type "` + strings.Repeat("x", 64) + `" is not taken: send application/json`},
		"another charset":       {"application/json; charset=latin1", "", `charset "latin1" is not taken: JSON is UTF-8`},
		"gzip":                  {"application/json", "GZip", ""},
		"another encoding":      {"application/json", "br", `Content-Encoding "br" is not taken: send the JSON with gzip or uncompressed`},
		"several encodings":     {"application/json", "identity, gzip", `Content-Encoding "identity, gzip" is not taken: send the JSON with gzip or uncompressed`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			edits := []func(lambdatest.Object){lambdatest.NoHeader("Content-Type")}
			if c.contentType != "" {
				edits = append(edits, lambdatest.Header("content-type", c.contentType))
			}
			if c.encoding != "" {
				edits = append(edits, lambdatest.Header("content-encoding", c.encoding))
			}
			answer := w.call(t, edits...)
			if c.detail == "" {
				if answer.Status != http.StatusAccepted {
					t.Errorf("status %d: %s", answer.Status, answer.Body)
				}
				return
			}
			if p := problemOf(t, answer); answer.Status != 415 || p["detail"] != c.detail || p["code"] != "unsupported_media_type" {
				t.Errorf("status %d, problem %v", answer.Status, p)
			}
			if w.observed[0].Handled {
				t.Error("the handler saw it")
			}
		})
	}
}

func TestHandle_a_base64_body_is_decoded(t *testing.T) {
	t.Parallel()
	const body = "{\"a\":\"\xff\x00\"}"
	w := newWorld(t, nil)
	w.call(t, set(base64.StdEncoding.EncodeToString([]byte(body)), "body"), set(true, "isBase64Encoded"))
	if string(w.requests[0].Body) != body {
		t.Errorf("body %q", w.requests[0].Body)
	}
	if size := w.log.Only(t)["body_bytes"]; size != float64(len(body)) {
		t.Errorf("body_bytes %v", size)
	}
}

func TestHandle_a_body_that_is_not_the_base64_it_should_be_is_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	answer := w.call(t, set("hunter2!", "body"), set(true, "isBase64Encoded"))
	if p := problemOf(t, answer); answer.Status != 400 || p["code"] != "malformed_json" || p["detail"] != "the body is marked as base64 and is not" {
		t.Errorf("status %d, problem %v", answer.Status, p)
	}
	if strings.Contains(w.log.String(), "hunter2") {
		t.Errorf("the log holds the body: %s", w.log)
	}
}

func TestHandle_of_a_GET_only_the_address_counts(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, contract.FunctionQuery, contract.NamespaceQuery)
	answer := w.call(t, set("GET", "httpMethod"), set("AAA", "body"), set(true, "isBase64Encoded"),
		lambdatest.Header("Idempotency-Key", strings.Repeat("k", 300)), lambdatest.Header("Content-Type", "text/plain"))
	if answer.Status != http.StatusAccepted || w.requests[0].IdempotencyKey != "" {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

func TestErrorOf_names_no_fields_as_an_empty_list(t *testing.T) {
	t.Parallel()
	if e := rest.ErrorOf(http.ErrBodyNotAllowed); e.Errors == nil || len(e.Errors) != 0 || e.Code != "internal" {
		t.Errorf("%+v", e)
	}
}
