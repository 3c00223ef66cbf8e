package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/operate"
)

type userID struct {
	UserID string `json:"user_id"`
}

func (userID) Check() error { return nil }

type steps struct {
	Steps int `json:"steps"`
}

// threeSteps fails in its second step when the user is so called.
var threeSteps = operate.Define(func(_ context.Context, call operate.Call[userID], cursor, report *steps) (bool, error) {
	switch {
	case call.Arguments.UserID == "panics" && cursor.Steps == 1:
		panic("no such step")
	case call.Arguments.UserID == "fails" && cursor.Steps == 1:
		return false, fault.New(fault.StorageUnavailable, "S3 is away")
	}
	cursor.Steps++
	report.Steps++
	return cursor.Steps == 3, nil
})

func TestInvoke_answers_an_operation_and_logs_who_called(t *testing.T) {
	t.Parallel()
	for user, want := range map[string]struct {
		steps, error string
	}{
		"personal": {`{"steps":3}`, ""},
		"fails":    {`{"steps":1}`, `{"code":"storage_unavailable","reason":"S3 is away"}`},
		"panics":   {``, `{"code":"panic","reason":"the operation panicked"}`},
	} {
		base, log := lambdatest.Base(contract.FunctionMaintain)
		h, err := newHandler(base, maintain.Config{Store: &tables{panics: true}}, operate.Operations{"count": threeSteps})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := lambdatest.Invoke(t, h, []byte(`{"operation":"count","by":"arn:aws:iam::1:user/eva","arguments":{"user_id":"`+user+`"}}`))
		if err != nil {
			t.Fatal(err)
		}
		var answer operate.Answer
		if err := json.Unmarshal(payload, &answer); err != nil {
			t.Fatal(err)
		}
		failure := ""
		if answer.Error != nil {
			text, err := json.Marshal(answer.Error)
			if err != nil {
				t.Fatal(err)
			}
			failure = string(text)
		}
		if string(answer.Report) != want.steps || failure != want.error || answer.Done != (want.error == "") {
			t.Errorf("%s: answer %s", user, payload)
		}
		line := log.String()
		if !strings.Contains(line, `"message":"operate"`) || !strings.Contains(line, `"by":"arn:aws:iam::1:user/eva"`) || strings.Contains(line, "user_id") {
			t.Errorf("%s: log %s", user, line)
		}
	}
}

func TestInvoke_takes_the_event_of_the_schedule_for_the_maintenance(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{`{}`, `{"operation":""}`, `[]`, ``} {
		if request, ok := requested([]byte(payload)); ok {
			t.Errorf("%s is taken for the operation %+v", payload, request)
		}
	}
}
