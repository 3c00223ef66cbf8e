package fault_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/fault"
)

var table = []struct {
	code        fault.Code
	word        string
	kind        fault.Kind
	status      int
	disposition fault.Disposition
}{
	{fault.InvalidEnvelope, "invalid_envelope", fault.Permanent, 500, fault.DeadLetter},
	{fault.HashMismatch, "hash_mismatch", fault.Permanent, 500, fault.DeadLetter},
	{fault.InvalidEvent, "invalid_event", fault.Permanent, 500, fault.DeadLetter},
	{fault.PayloadMissing, "payload_missing", fault.Permanent, 500, fault.DeadLetter},
	{fault.IdempotencyConflict, "idempotency_conflict", fault.Conflict, 409, fault.DeadLetter},
	{fault.ProcessorEnded, "processor_ended", fault.Permanent, 500, fault.DeadLetter},

	{fault.MalformedJSON, "malformed_json", fault.Invalid, 400, fault.DeadLetter},
	{fault.UnknownField, "unknown_field", fault.Invalid, 422, fault.DeadLetter},
	{fault.MissingField, "missing_field", fault.Invalid, 422, fault.DeadLetter},
	{fault.InvalidType, "invalid_type", fault.Invalid, 422, fault.DeadLetter},
	{fault.InvalidValue, "invalid_value", fault.Invalid, 422, fault.DeadLetter},
	{fault.TooLong, "too_long", fault.Invalid, 422, fault.DeadLetter},
	{fault.PayloadTooLarge, "payload_too_large", fault.Invalid, 413, fault.DeadLetter},
	{fault.UnsupportedMediaType, "unsupported_media_type", fault.Invalid, 415, fault.DeadLetter},
	{fault.NotFound, "not_found", fault.Missing, 404, fault.DeadLetter},
	{fault.MethodNotAllowed, "method_not_allowed", fault.Invalid, 405, fault.DeadLetter},
	{fault.Unauthorized, "unauthorized", fault.Invalid, 401, fault.DeadLetter},
	{fault.Forbidden, "forbidden", fault.Invalid, 403, fault.DeadLetter},
	{fault.RateLimited, "rate_limited", fault.Transient, 429, fault.Retry},

	{fault.DatabaseUnavailable, "database_unavailable", fault.Transient, 503, fault.Retry},
	{fault.QueueUnavailable, "queue_unavailable", fault.Transient, 503, fault.Retry},
	{fault.StorageUnavailable, "storage_unavailable", fault.Transient, 503, fault.Retry},
	{fault.NotifierUnavailable, "notifier_unavailable", fault.Transient, 503, fault.Retry},
	{fault.IssuerUnavailable, "issuer_unavailable", fault.Transient, 503, fault.Retry},
	{fault.DeadlineReached, "deadline_reached", fault.Transient, 503, fault.Retry},

	{fault.Panicked, "panic", fault.Unknown, 500, fault.Retry},
	{fault.Internal, "internal", fault.Unknown, 500, fault.Retry},
}

func TestCode_decides_what_is_done(t *testing.T) {
	t.Parallel()
	for _, c := range table {
		t.Run(c.word, func(t *testing.T) {
			t.Parallel()
			plain := fault.New(c.code, "a reason")
			if string(c.code) != c.word || plain.Kind() != c.kind || fault.Codes()[c.code] != c.kind {
				t.Errorf("%s is %q of kind %d, want %q of kind %d", c.code, string(c.code), plain.Kind(), c.word, c.kind)
			}
			for name, err := range map[string]error{
				"plain":         plain,
				"wrapping":      fault.Wrap(c.code, io.EOF, "a reason"),
				"wrapped":       fmt.Errorf("persist 3 records: %w", plain),
				"wrapped twice": fmt.Errorf("batch: %w", fmt.Errorf("persist: %w", plain)),
				"joined":        errors.Join(io.EOF, plain),
				"over another":  fault.Wrap(c.code, fault.New(fault.Internal, "inner"), "a reason"),
			} {
				if fault.CodeOf(err) != c.code || fault.KindOf(err) != c.kind || fault.ReasonOf(err) != "a reason" {
					t.Errorf("%s: %s, kind %d, %q", name, fault.CodeOf(err), fault.KindOf(err), fault.ReasonOf(err))
				}
				if status, disposition := fault.HTTPStatus(err), fault.DispositionOf(err); status != c.status || disposition != c.disposition {
					t.Errorf("%s: status %d and disposition %d, want %d and %d", name, status, disposition, c.status, c.disposition)
				}
			}
		})
	}
}

// declaredCodes reads the source, so that a new constant cannot be left out of
// Codes, where it would silently be of kind Unknown.
func declaredCodes(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, declaration := range file.Decls {
		block, ok := declaration.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		for _, spec := range block.Specs {
			constant, ok := spec.(*ast.ValueSpec)
			if !ok || len(constant.Values) != len(constant.Names) {
				t.Fatalf("a constant of code.go has no value of its own")
			}
			if kind, ok := constant.Type.(*ast.Ident); !ok || kind.Name != "Code" {
				t.Fatalf("constant %s of code.go has not the type Code", constant.Names[0])
			}
			for i, name := range constant.Names {
				literal, ok := constant.Values[i].(*ast.BasicLit)
				if !ok {
					t.Fatalf("constant %s is not a literal", name)
				}
				word, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				codes[name.Name] = word
			}
		}
	}
	return codes
}

func TestCodes_is_complete(t *testing.T) {
	t.Parallel()
	declared := declaredCodes(t)
	words := slices.Sorted(maps.Values(declared))
	var classed, tested []string
	for code := range fault.Codes() {
		classed = append(classed, string(code))
	}
	for _, c := range table {
		tested = append(tested, string(c.code))
	}
	slices.Sort(classed)
	slices.Sort(tested)
	if len(words) == 0 || !slices.Equal(words, classed) || !slices.Equal(words, tested) {
		t.Errorf("declared %v\nclassed  %v\ntested   %v", words, classed, tested)
	}
	if unique := slices.Compact(words); len(unique) != len(declared) {
		t.Errorf("two constants share a word: %v", declared)
	}
	for name, word := range declared {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%s is %q; codes are lower-case words", name, word)
		}
	}
}

func TestCodes_returns_a_copy(t *testing.T) {
	t.Parallel()
	fault.Codes()[fault.Internal] = fault.Permanent
	if kind := fault.Codes()[fault.Internal]; kind != fault.Unknown {
		t.Errorf("kind of internal became %d", kind)
	}
}

func TestUnclassified_errors_are_ours(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"of the standard library": io.ErrUnexpectedEOF,
		"a deadline":              context.DeadlineExceeded,
		"wrapped":                 fmt.Errorf("read: %w", io.EOF),
		"joined":                  errors.Join(io.EOF, io.ErrClosedPipe),
		"of a code nobody knows":  fault.New("bogus", "secret"),
	} {
		if fault.KindOf(err) != fault.Unknown || fault.HTTPStatus(err) != 500 || fault.DispositionOf(err) != fault.Retry {
			t.Errorf("%s: kind %d, status %d, disposition %d; want Unknown, 500, Retry",
				name, fault.KindOf(err), fault.HTTPStatus(err), fault.DispositionOf(err))
		}
	}
	if code, reason := fault.CodeOf(io.EOF), fault.ReasonOf(io.EOF); code != fault.Internal || reason != "an internal error occurred" {
		t.Errorf("CodeOf = %s, ReasonOf = %q", code, reason)
	}
}

func TestNo_error_is_acknowledged(t *testing.T) {
	t.Parallel()
	if got := fault.DispositionOf(nil); got != fault.Acknowledge {
		t.Errorf("DispositionOf(nil) = %d", got)
	}
}

func TestZero_values_give_nothing_up(t *testing.T) {
	t.Parallel()
	var disposition fault.Disposition
	var kind fault.Kind
	if disposition != fault.Retry || kind != fault.Unknown {
		t.Errorf("the zero values are %d and %d", disposition, kind)
	}
}

func TestReason_hides_the_cause(t *testing.T) {
	t.Parallel()
	cause := errors.New("password=hunter2")
	err := fmt.Errorf("persist: %w", fault.Wrap(fault.DatabaseUnavailable, cause, "the database cannot be reached"))
	if got := fault.ReasonOf(err); got != "the database cannot be reached" {
		t.Errorf("ReasonOf = %q", got)
	}
	if got := err.Error(); got != "persist: database_unavailable: the database cannot be reached: password=hunter2" {
		t.Errorf("Error = %q; the log needs the cause", got)
	}
	if !errors.Is(err, cause) {
		t.Error("errors.Is does not find the cause")
	}
}

func TestWrap_takes_no_cause(t *testing.T) {
	t.Parallel()
	err := fault.Wrap(fault.NotFound, nil, "there is no such event")
	if err.Error() != "not_found: there is no such event" || errors.Unwrap(err) != nil {
		t.Errorf("Error = %q, Unwrap = %v", err.Error(), errors.Unwrap(err))
	}
}

func TestRestate_says_each_thing_once(t *testing.T) {
	t.Parallel()
	cause := errors.New("refused")
	fields := []fault.Field{{Pointer: "/a", Code: fault.MissingField, Detail: "a is required"}, {Pointer: "/b", Code: fault.InvalidValue, Detail: "b is not a number"}}
	cases := []struct {
		err          error
		reason, text string
	}{
		{fault.OfFields(fields...), "the payload is bad: 2 fields are invalid", "invalid_event: the payload is bad: 2 fields are invalid; a is required; b is not a number"},
		{fault.Wrap(fault.QueueUnavailable, cause, "no answer"), "the payload is bad: no answer", "invalid_event: the payload is bad: no answer: refused"},
		{cause, "the payload is bad: an internal error occurred", "invalid_event: the payload is bad: an internal error occurred: refused"},
	}
	for _, c := range cases {
		err := fault.Restate(fault.InvalidEvent, c.err, "the payload is bad")
		if err.Code != fault.InvalidEvent || err.Reason != c.reason || err.Error() != c.text {
			t.Errorf("Restate(%v) = %+v, %q; want %+v", c.err, err, err.Error(), c)
		}
	}
	if err := fault.Restate(fault.InvalidEvent, fault.Wrap(fault.QueueUnavailable, cause, "no answer"), "x"); !errors.Is(err, cause) {
		t.Error("errors.Is does not find the cause")
	}
}

func TestNewf_formats_its_reason(t *testing.T) {
	t.Parallel()
	if got := fault.Newf(fault.PayloadTooLarge, "the body has %d bytes", 7).Error(); got != "payload_too_large: the body has 7 bytes" {
		t.Errorf("Error = %q", got)
	}
}

func TestOfFields_names_every_field(t *testing.T) {
	t.Parallel()
	amount := fault.Field{Pointer: "/amount", Code: fault.InvalidValue, Detail: "amount must be greater than 0"}
	user := fault.Field{Pointer: "/user_id", Code: fault.MissingField, Detail: "user_id is required"}
	cases := []struct {
		fields         []fault.Field
		code           fault.Code
		reason, string string
	}{
		{[]fault.Field{amount}, fault.InvalidValue, "amount must be greater than 0", "invalid_value: amount must be greater than 0"},
		{[]fault.Field{user, amount}, fault.MissingField, "2 fields are invalid",
			"missing_field: 2 fields are invalid; user_id is required; amount must be greater than 0"},
	}
	for _, c := range cases {
		err := fault.OfFields(c.fields...)
		if err.Code != c.code || err.Reason != c.reason || err.Error() != c.string || !slices.Equal(err.Fields, c.fields) {
			t.Errorf("OfFields = %+v, %q; want %+v", err, err.Error(), c)
		}
	}
}
