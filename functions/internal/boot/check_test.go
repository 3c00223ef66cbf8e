package boot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestChecked_answers_with_each_check_and_calls_the_handler_for_anything_else(t *testing.T) {
	t.Parallel()
	base, log := lambdatest.Base(contract.FunctionQuery)
	handled := 0
	handler := boot.Checked(base, boot.Handler(func(context.Context, map[string]any) (string, error) { handled++; return "handled", nil }),
		boot.Check{Name: "good", Run: func(context.Context) error { return nil }},
		boot.Check{Name: "bad", Run: func(context.Context) error { return errors.New("refused") }},
		boot.Check{Name: "bounded", Run: func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				return errors.New("it is not")
			}
			return nil
		}})
	raw, err := lambdatest.Invoke(t, handler, []byte(contract.CheckEvent))
	if want := `{"checks":[{"name":"good"},{"name":"bad","error":"refused"},{"name":"bounded"}]}`; err != nil || string(raw) != want || handled != 0 {
		t.Errorf("answer %s, error %v, %d handled; want %s", raw, err, handled, want)
	}
	line := log.Only(t)
	if line["message"] != "check" || line["level"] != "ERROR" || line["request_id"] != lambdatest.RequestID || line["checks"] != 3.0 ||
		len(line["failed"].([]any)) != 1 || line["failed"].([]any)[0] != "bad: refused" {
		t.Errorf("line %v", line)
	}
	for _, event := range []string{`{}`, `{"fluxa":"other"}`, `{"Records":[]}`, `{"body":"{\"fluxa\":\"check\"}"}`} {
		if raw, err := lambdatest.Invoke(t, handler, []byte(event)); err != nil || string(raw) != `"handled"` {
			t.Errorf("%s: %s, %v", event, raw, err)
		}
	}
	if handled != 4 {
		t.Errorf("%d events handled, want 4", handled)
	}
}

func TestChecked_a_check_that_panics_has_failed(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionQuery)
	handler := boot.Checked(base, boot.Handler(func(context.Context, int) (int, error) { return 0, nil }),
		boot.Check{Name: "bad", Run: func(context.Context) error { panic("broken") }})
	raw, err := lambdatest.Invoke(t, handler, []byte(contract.CheckEvent))
	if err != nil || !strings.HasPrefix(string(raw), `{"checks":[{"name":"bad","error":"panic: the check panicked: broken`) {
		t.Errorf("answer %s, error %v", raw, err)
	}
}
