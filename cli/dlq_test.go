package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestDLQ(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	dir := local(t, q.info)
	dlq := func(args ...string) outcome {
		return run(t, append(append([]string{"dlq"}, args...), "--dir", dir)...)
	}
	golden(t, "dlq_ls_empty", dlq("ls", "-o", "text").String())
	first := q.dead("e1", "hash_mismatch", "the payload is not the one that was accepted: its SHA-256 differs", envelope(t, "e1"))
	q.dead("", "", "", "two\nlines \x09 that are no envelope")
	q.dead("e2", "invalid_event", strings.Repeat("a long reason ", 12)+"\n2nd line", envelope(t, "e2"))

	golden(t, "dlq_ls", stable(dlq("ls", "-o", "text").String()))
	if got := dlq("ls", "--limit", "1", "-o", "text"); strings.Count(got.out, "\n") != 3 || !strings.HasSuffix(got.out, "\n1 of 3 in the DLQ\n") {
		t.Errorf("%s", got)
	}
	var listed struct {
		Messages []struct {
			MessageID string `json:"message_id"`
			EventID   string `json:"event_id"`
			ErrorCode string `json:"error_code"`
			Body      string
			Receives  int
		}
	}
	if got := dlq("ls", "-o", "json"); json.Unmarshal([]byte(got.out), &listed) != nil || len(listed.Messages) != 3 {
		t.Fatalf("%s", got)
	}
	if m := listed.Messages[0]; m.MessageID != first || m.EventID != "e1" || m.ErrorCode != "hash_mismatch" || m.Body != envelope(t, "e1") {
		t.Errorf("%+v", m)
	}

	// How often each was received before depends on which one ls --limit 1 got.
	receives := regexp.MustCompile(`receives( +)\d+`)
	show := func(id string) string {
		return receives.ReplaceAllString(stable(dlq("show", id, "-o", "text").String()), "receives${1}N")
	}
	golden(t, "dlq_show", show("e1"))
	golden(t, "dlq_show_no_envelope", show(listed.Messages[1].MessageID))
	golden(t, "dlq_show_missing", dlq("show", "nobody").String())
	if got := dlq("show", first, "-o", "json"); got.code != exit.OK || !json.Valid([]byte(got.out)) {
		t.Errorf("%s", got)
	}
	golden(t, "dlq_dry_run", dlq("redrive", "--all", "--dry-run").String())
	golden(t, "dlq_purge_asks", dlq("purge").String())
	golden(t, "dlq_purge_dry_run", dlq("purge", "--yes", "--dry-run").String())
	q.wantStats("dlq", sqs.Stats{Visible: 3})
	q.wantStats("events", sqs.Stats{})

	golden(t, "dlq_redrive_ids", dlq("redrive", "e1", "nobody").String())
	q.wantStats("dlq", sqs.Stats{Visible: 2})
	q.wantStats("events", sqs.Stats{Visible: 1})
	golden(t, "dlq_redrive_all", dlq("redrive", "--all", "--rate", "0", "-o", "json").String())
	q.wantStats("events", sqs.Stats{Visible: 3})

	q.dead("e3", "x", "y", "z")
	golden(t, "dlq_purge", dlq("purge", "--yes").String())
	q.wantStats("dlq", sqs.Stats{})
	golden(t, "dlq_none_json", dlq("ls", "-o", "json").String())
}

func TestDLQ_redrive_that_fails_keeps_the_messages(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	q.dead("e1", "x", "y", "z")
	info := q.info
	info.QueueURL = q.web.URL + "/000000000000/gone"
	got := run(t, "dlq", "redrive", "--all", "--dir", local(t, info))
	if got.code != exit.Failure || !strings.Contains(got.out, "not sent  1; they are still in the DLQ") || !strings.Contains(got.err, "to the events queue: ") {
		t.Errorf("%s", got)
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
}

func TestDLQ_redrive_interrupted_says_what_is_left(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	for i := range 3 {
		q.dead(fmt.Sprint("e", i), "x", "y", "z")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelling := &cancelAfter{handler: q.web.Config.Handler, operation: "DeleteMessage", cancel: cancel}
	q.web.Config.Handler = cancelling
	got := runWith(ctx, nil, stacks.Launcher{}, "dlq", "redrive", "--all", "--dir", local(t, q.info), "--rate", "1/h")
	if got.code != exit.Interrupted {
		t.Errorf("%s", got)
	}
	golden(t, "dlq_redrive_interrupted", got.String())
	q.wantStats("dlq", sqs.Stats{Visible: 2})
	q.wantStats("events", sqs.Stats{Visible: 1})
}

type cancelAfter struct {
	handler   http.Handler
	operation string
	cancel    func()
}

func (c *cancelAfter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.handler.ServeHTTP(w, r)
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), c.operation) {
		c.cancel()
	}
}
