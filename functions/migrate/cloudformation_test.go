package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// amazon is where the URLs of the events in testdata begin.
const amazon = "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com"

// sentTo returns an edit that moves the event's URL to a bucket of the tests.
func sentTo(b *bucket) func(lambdatest.Object) {
	return func(event lambdatest.Object) {
		event["ResponseURL"] = strings.Replace(event["ResponseURL"].(string), amazon, b.url, 1)
	}
}

type up = func(context.Context) ([]pgmigrate.Migration, error)

func newHandler(up up) (*handler, *lambdatest.Log) {
	base, log := lambdatest.Base(contract.FunctionMigrate)
	return &handler{base: base, up: up, sender: impatient(), logs: logs{"/aws/lambda/fluxa-dev-migrate", "2026/11/24/[$LATEST]5f2b"}}, log
}

func applies(names ...string) up {
	return func(context.Context) (applied []pgmigrate.Migration, err error) {
		for i, name := range names {
			applied = append(applied, pgmigrate.Migration{Version: int64(i + 1), Name: name})
		}
		return applied, nil
	}
}

func fails(err error) up {
	return func(context.Context) ([]pgmigrate.Migration, error) {
		return []pgmigrate.Migration{{Version: 1, Name: "001_a.sql"}}, err
	}
}

func TestInvoke_tells_CloudFormation(t *testing.T) {
	t.Parallel()
	refused := fault.Wrap(fault.DatabaseUnavailable, errors.New("dial tcp: connection refused"), "the database cannot be reached")
	for name, c := range map[string]struct {
		up    up
		file  string
		edits []func(lambdatest.Object)
	}{
		"create":           {up: applies("001_a.sql", "002_b.sql"), file: "create.json"},
		"create_fails":     {up: fails(refused), file: "create.json"},
		"update":           {up: applies(), file: "update.json"},
		"update_fails":     {up: fails(errors.New("apply migration 002_b.sql: ERROR: relation \"a\" does not exist (SQLSTATE 42P01)")), file: "update.json"},
		"delete":           {up: nil, file: "delete.json"}, // to call it would panic
		"another_request":  {up: nil, file: "update.json", edits: []func(lambdatest.Object){lambdatest.Set("Import", "RequestType")}},
		"an_event_misread": {up: nil, file: "create.json", edits: []func(lambdatest.Object){lambdatest.Set("all", "ResourceProperties")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBucket(t)
			h, log := newHandler(c.up)
			event := lambdatest.Event(t, c.file, append(c.edits, sentTo(b))...)
			if _, err := lambdatest.Invoke(t, h, event); err != nil {
				t.Errorf("thrown %v", err)
			}
			got := b.only(t)
			lambdatest.Golden(t, name+".body.golden.json", got.body+"\n")
			if url := b.url + got.uri; url != lambdatest.Decode(t, event)["ResponseURL"] {
				t.Errorf("it was put at %s", url)
			}
			if line := log.Only(t); line["answered"] != true || line["request_type"] != lambdatest.Decode(t, event)["RequestType"] {
				t.Errorf("line %v", line)
			}
			lambdatest.Golden(t, name+".output.golden", lambdatest.Timeless(log.String()))
			lambdatest.CheckUnsaid(t, log.String(), 1, "X-Amz", b.url)
		})
	}
}

func TestInvoke_a_panic_is_told_without_what_it_says(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	h, log := newHandler(func(context.Context) ([]pgmigrate.Migration, error) { panic("MARK") })
	if _, err := lambdatest.Invoke(t, h, lambdatest.Event(t, "create.json", sentTo(b))); err != nil {
		t.Errorf("thrown %v", err)
	}
	if body := b.only(t).body; !strings.Contains(body, `"FAILED"`) ||
		!strings.Contains(body, `"Reason":"the migrations panicked; see request `) || strings.Contains(body, "MARK") {
		t.Errorf("body %s", body)
	}
	if line := log.Only(t); line["error_code"] != "panic" || !strings.Contains(line["error"].(string), "MARK") {
		t.Errorf("line %v", line)
	}
}

func TestInvoke_throws_an_answer_that_did_not_arrive_without_its_URL(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		up    up
		edits []func(lambdatest.Object)
		want  string
	}{
		"S3 is down":                {applies("001_a.sql"), nil, "answer CloudFormation: S3 answered 503 Service Unavailable"},
		"the migrations failed too": {fails(errors.New("no database")), nil, "answer CloudFormation: S3 answered 503 Service Unavailable"},
		"no URL": {applies("001_a.sql"), []func(lambdatest.Object){lambdatest.Set("", "ResponseURL")},
			"answer CloudFormation: the ResponseURL of the event must be a URL of https or http"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBucket(t, slices.Repeat([]int{http.StatusServiceUnavailable}, 10)...)
			h, log := newHandler(c.up)
			raw, err := lambdatest.Invoke(t, h, lambdatest.Event(t, "create.json", append([]func(lambdatest.Object){sentTo(b)}, c.edits...)...))
			if err == nil || err.Error() != c.want {
				t.Errorf("answer %s, thrown %v", raw, err)
			}
			line := log.Only(t)
			text, _ := line["error"].(string)
			if line["answered"] != false || line["level"] != "ERROR" || !strings.Contains(text, c.want) {
				t.Errorf("line %v", line)
			}
			if name == "the migrations failed too" && !strings.Contains(text, "no database") {
				t.Errorf("line %v", line)
			}
			lambdatest.CheckUnsaid(t, log.String(), 1, "X-Amz", b.url)
		})
	}
}

func TestInvoke_an_answer_fits_into_what_CloudFormation_takes(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("%03d_add_something.sql", i))
	}
	place := "…; see request " + lambdatest.RequestID + " in log group /aws/lambda/fluxa-dev-migrate, log stream 2026/11/24/[$LATEST]5f2b"
	for name, c := range map[string]struct {
		up     up
		status cfn.StatusType
		begin  string
		end    string
	}{
		"a long reason":              {fails(errors.New("no: " + strings.Repeat("x", 100_000))), cfn.StatusFailed, "no: xxx", place},
		"one that JSON makes longer": {fails(errors.New("no: " + strings.Repeat("<\"ü\x00\xff", 2_000))), cfn.StatusFailed, "no: <\"ü", place},
		"many migrations":            {applies(names...), cfn.StatusSuccess, "000_add_something.sql,001_", "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBucket(t)
			h, _ := newHandler(c.up)
			if _, err := lambdatest.Invoke(t, h, lambdatest.Event(t, "create.json", sentTo(b))); err != nil {
				t.Fatal(err)
			}
			body := b.only(t).body
			var response cfn.Response
			if err := json.Unmarshal([]byte(body), &response); err != nil {
				t.Fatal(err)
			}
			text := response.Reason
			if applied, ok := response.Data["Applied"].(string); ok {
				text = applied
			}
			if response.Status != c.status || !strings.HasPrefix(text, c.begin) || !strings.HasSuffix(text, c.end) || !utf8.ValidString(text) {
				t.Errorf("%s: %s", response.Status, text)
			}
			if n := len(body); n > 4096 || n < 4096-32 {
				t.Errorf("the body has %d bytes", n)
			}
		})
	}
}

func TestInvoke_migrations_that_take_too_long_leave_the_time_to_tell(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	// The clock of the bubble stands while an answer is on its way, however long
	// that takes on a busy machine.
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(func(ctx context.Context) ([]pgmigrate.Migration, error) {
			<-ctx.Done()
			return nil, fmt.Errorf("apply migration 002_b.sql: %w", ctx.Err())
		})
		h.sender.client.Transport = &http.Transport{DisableKeepAlives: true} // leaves no goroutine in the bubble
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Second)
		defer cancel()
		if _, err := lambdatest.InvokeWith(ctx, h, lambdatest.Event(t, "update.json", sentTo(b))); err != nil {
			t.Errorf("thrown %v", err)
		}
		if body := b.only(t).body; !strings.Contains(body, "apply migration 002_b.sql: context deadline exceeded; see ") || ctx.Err() != nil {
			t.Errorf("body %s, at the deadline: %v", body, ctx.Err())
		}
		if took := time.Since(start); took != 283500*time.Millisecond {
			t.Errorf("told after %s of five minutes, want 4m43.5s", took)
		}
	})
}

func TestInvoke_leaves_a_quarter_of_the_time_to_tell_and_at_most_15_seconds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ timeout, longest time.Duration }{
		{300 * time.Second, 284 * time.Second}, {20 * time.Second, 14 * time.Second},
	} {
		b := startBucket(t)
		h, _ := newHandler(func(ctx context.Context) ([]pgmigrate.Migration, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > c.longest || time.Until(deadline) < c.longest-5*time.Second {
				t.Errorf("of %s the migrations have %s", c.timeout, time.Until(deadline))
			}
			return nil, nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
		defer cancel()
		if _, err := lambdatest.InvokeWith(ctx, h, lambdatest.Event(t, "create.json", sentTo(b))); err != nil {
			t.Error(err)
		}
	}
}

func TestMain_migrates_for_CloudFormation(t *testing.T) {
	t.Parallel()
	b := startBucket(t, http.StatusServiceUnavailable)
	p := lambdatest.Start(t, environment(pgtest.URL(t)))
	for _, c := range []struct{ file, id, applied string }{
		{"create.json", "fluxa-migrations-test", "001_create_events_table.sql,002_create_idempotency_keys_table.sql,003_create_persist_batch_function.sql,004_create_partition_functions.sql,005_create_erasure_tables.sql"},
		{"update.json", "fluxa-migrations-of-an-older-release", ""},
	} {
		if _, err := p.Invoke(lambdatest.Event(t, c.file, sentTo(b))); err != nil {
			t.Fatal(err)
		}
		all := b.all()
		var response cfn.Response
		if err := json.Unmarshal([]byte(all[len(all)-1].body), &response); err != nil {
			t.Fatal(err)
		}
		if response.Status != cfn.StatusSuccess || response.PhysicalResourceID != c.id || response.Data["Applied"] != c.applied {
			t.Errorf("%s: answer %+v", c.file, response)
		}
	}
	p.Stop()
	if n := len(b.all()); n != 3 {
		t.Errorf("%d answers, want 3 with the one that S3 did not take", n)
	}
	lambdatest.CheckUnsaid(t, p.Output.String(), 2, "X-Amz", b.url)
}

func TestMain_without_a_database(t *testing.T) {
	t.Parallel()
	b := startBucket(t)
	settings := environment(nowhere)
	settings["AWS_LAMBDA_LOG_GROUP_NAME"], settings["AWS_LAMBDA_LOG_STREAM_NAME"] = "/aws/lambda/fluxa-dev-migrate", "2026/11/24/[$LATEST]5f2b"
	p := lambdatest.Start(t, settings)
	for _, file := range []string{"create.json", "delete.json"} {
		if _, err := p.Invoke(lambdatest.Event(t, file, sentTo(b))); err != nil {
			t.Errorf("%s: thrown %v", file, err)
		}
	}
	p.Stop()
	answers := b.all()
	if len(answers) != 2 {
		t.Fatalf("answers %v", answers)
	}
	for i, wants := range [][]string{
		{`"Status":"FAILED"`, "connect for the migrations", lambdatest.RequestID + " in log group /aws/lambda/fluxa-dev-migrate, log stream 2026/11/24/[$LATEST]5f2b"},
		{`"Status":"SUCCESS"`, `"PhysicalResourceId":"fluxa-migrations-of-an-older-release"`},
	} {
		for _, want := range wants {
			if body := answers[i].body; !strings.Contains(body, want) || strings.Contains(body, "MARK") {
				t.Errorf("answer %s, want %s in it", body, want)
			}
		}
	}
	lambdatest.CheckUnsaid(t, p.Output.String(), 2, "MARK", "X-Amz", b.url)
}
