package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
)

func TestDLQ_chosen_letters(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	dir := local(t, q.info)
	dlq := func(args ...string) outcome {
		return run(t, append(append([]string{"dlq"}, args...), "--dir", dir)...)
	}
	q.dead("e1", "hash_mismatch", "r", envelope(t, "e1"))
	q.dead("e2", "invalid_event", "r", envelope(t, "e2"))
	q.dead("e3", "invalid_event", "r\u009b2J", "three")

	if got := dlq("ls", "-o", "text", "--code", "invalid_event"); got.code != exit.OK || strings.Contains(got.out, "  e1  ") || !strings.HasSuffix(got.out, "\n2 of 3 in the DLQ\n") {
		t.Errorf("%s", got)
	}
	if got := dlq("ls", "-o", "text", "--older-than", "5h"); got.out != "none of these: 3 in the DLQ\n" {
		t.Errorf("%s", got)
	}
	file := filepath.Join(t.TempDir(), "letters")
	if got := dlq("export", "--newer-than", "5h", "--out", file); got != (outcome{exit.OK, "", "exported 3 of 3 in the DLQ\n"}) {
		t.Errorf("%s", got)
	}
	if again := dlq("export", "--out", file); again.code != exit.Failure || !strings.Contains(again.err, "file exists") {
		t.Errorf("it writes over a file: %s", again)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "\u009b") {
		t.Errorf("%q, %v", text, err)
	}
	bodies := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var letter struct {
			EventID     string `json:"event_id"`
			ErrorReason string `json:"error_reason"`
			Body        string
		}
		if err := json.Unmarshal([]byte(line), &letter); err != nil {
			t.Fatal(err)
		}
		bodies[letter.EventID] = letter.Body
		if letter.EventID == "e3" && letter.ErrorReason != "r\u009b2J" {
			t.Errorf("the reason is %q", letter.ErrorReason)
		}
	}
	if bodies["e1"] != envelope(t, "e1") || bodies["e3"] != "three" {
		t.Errorf("exported %q", bodies)
	}

	if got := dlq("delete", "e3"); got.out != "would delete 1 message; nothing was deleted, --yes deletes them permanently\n" {
		t.Errorf("%s", got)
	}
	if got := dlq("delete", "e3", "nobody", "--yes"); got.code != exit.Failure || got.out != "deleted 1\nnot found  nobody\nleft: 2 in the DLQ\n" {
		t.Errorf("%s", got)
	}
	if got := dlq("redrive", "--all", "--code", "hash_mismatch"); !strings.HasPrefix(got.out, "sent back 1\n") {
		t.Errorf("%s", got)
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
	for _, wrong := range [][]string{{"delete"}, {"delete", "--yes"}, {"ls", "--older-than", "2h", "--newer-than", "1h"}, {"ls", "--older-than", "-1s"}} {
		if got := dlq(wrong...); got.code != exit.Usage {
			t.Errorf("%s: %s", wrong, got)
		}
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
}

// TestDLQ_edit runs an editor, which it is told by the environment.
func TestDLQ_edit(t *testing.T) {
	q := newQueues(t)
	dir := local(t, q.info)
	q.dead("e1", "invalid_event", "r", envelope(t, "e1"))
	edit := func(args ...string) outcome {
		return run(t, append([]string{"dlq", "edit", "e1", "--dir", dir}, args...)...)
	}
	t.Setenv("VISUAL", "true")
	if got := edit(); got.code != exit.OK || !strings.HasPrefix(got.out, "the payload is unchanged: nothing was sent") {
		t.Errorf("%s", got)
	}
	t.Setenv("VISUAL", "false")
	if got := edit(); got.code != exit.Failure || !strings.Contains(got.err, "the editor failed, nothing was sent") {
		t.Errorf("%s", got)
	}
	t.Setenv("VISUAL", "printf '{' >")
	if got := edit(); got.code != exit.Failure || !strings.Contains(got.err, "ends too early") {
		t.Errorf("%s", got)
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
	mended := filepath.Join(t.TempDir(), "mended.json")
	if err := os.WriteFile(mended, []byte(eventtest.With("event_id", `"e1"`)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VISUAL", "cp "+mended)
	if got := edit(); got != (outcome{exit.OK, "sent back e1 with the new payload\n", ""}) {
		t.Errorf("%s", got)
	}
	q.wantStats("dlq", sqs.Stats{})
	q.wantStats("events", sqs.Stats{Visible: 1})
	q.dead("e1", "invalid_event", "r", envelope(t, "e1"))
	if got := edit("--payload", mended); got.code != exit.OK {
		t.Errorf("%s", got)
	}
	q.dead("e1", "invalid_event", "r", envelope(t, "e1"))
	q.dead("e1", "invalid_event", "r", envelope(t, "e1"))
	if got := edit(); got.code != exit.Failure || !strings.Contains(got.err, "2 dead letters are of the event e1: give the message id of one") {
		t.Errorf("%s", got)
	}
}
