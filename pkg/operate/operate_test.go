package operate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

type upTo struct {
	Number int `json:"number"`
}

func (u upTo) Check() error {
	if u.Number < 0 {
		return fault.New(fault.InvalidValue, "number is negative")
	}
	return nil
}

type cursor struct {
	Next int `json:"next"`
}

type report struct {
	Counted int `json:"counted"`
}

// count counts to a number; a step of it fails once at each of some places.
func count(failing ...int) operate.Operation {
	return operate.Define(func(_ context.Context, call operate.Call[upTo], c *cursor, r *report) (bool, error) {
		r.Counted++
		for i, n := range failing {
			if c.Next == n {
				failing[i] = -1
				return true, fault.New(fault.DatabaseUnavailable, "it is away")
			}
		}
		c.Next++
		return c.Next == call.Arguments.Number, nil
	})
}

func request(arguments, token string) operate.Request {
	return operate.Request{Operation: "count", By: "eva", Arguments: []byte(arguments), Token: token}
}

func TestRun_goes_on_until_all_is_done(t *testing.T) {
	t.Parallel()
	answer, err := operate.Operations{"count": count()}.Run(t.Context(), request(`{"number":5}`, ""))
	if err != nil || !answer.Done || answer.Token != "" || string(answer.Report) != `{"counted":5}` {
		t.Errorf("got %+v, report %s, error %v", answer, answer.Report, err)
	}
}

func TestRun_goes_on_from_its_token_after_an_error(t *testing.T) {
	t.Parallel()
	operations := operate.Operations{"count": count(3)}
	answer, err := operations.Run(t.Context(), request(`{"number":5}`, ""))
	if fault.CodeOf(err) != fault.DatabaseUnavailable || answer.Done || string(answer.Report) != `{"counted":3}` {
		t.Fatalf("got %+v, report %s, error %v", answer, answer.Report, err)
	}
	answer, err = operations.Run(t.Context(), request(`{"number":5}`, answer.Token))
	if err != nil || !answer.Done || string(answer.Report) != `{"counted":5}` {
		t.Errorf("got %+v, report %s, error %v", answer, answer.Report, err)
	}
}

func TestRun_answers_before_all_is_done(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	slow := operate.Define(func(_ context.Context, _ operate.Call[upTo], _ *cursor, r *report) (bool, error) {
		r.Counted++
		return r.Counted > 100, nil
	})
	answer, err := slow(t.Context(), request(`{}`, ""), begun)
	if err != nil || answer.Done || answer.Token == "" || string(answer.Report) != `{"counted":0}` {
		t.Errorf("got %+v, report %s, error %v: its time was over", answer, answer.Report, err)
	}
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	operations := operate.Operations{"count": count(0), "other": count()}
	answer, _ := operations.Run(t.Context(), request(`{"number":5}`, "")) // fails at once, and returns a token
	for name, c := range map[string]struct {
		request operate.Request
		says    string
	}{
		"an unknown operation":  {operate.Request{Operation: "cuont", By: "eva"}, "it has count, other"},
		"nobody":                {operate.Request{Operation: "count"}, "by has 0 bytes"},
		"an unknown argument":   {request(`{"numbre":5}`, ""), "different releases"},
		"a wrong argument":      {request(`{"number":-1}`, ""), "number is negative"},
		"no token of ours":      {request(`{"number":5}`, "x"), "not one of the operation"},
		"a token of others":     {request(`{"number":6}`, answer.Token), "of other arguments"},
		"a name without an end": {operate.Request{Operation: "count", By: strings.Repeat("x", 2_049)}, "1 to 2048"},
	} {
		_, err := operations.Run(t.Context(), c.request)
		if fault.CodeOf(err) != fault.InvalidValue || !strings.Contains(fault.ReasonOf(err), c.says) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.says)
		}
	}
}

func TestRun_keeps_the_error_of_a_step(t *testing.T) {
	t.Parallel()
	odd := errors.New("odd")
	failing := operate.Define(func(context.Context, operate.Call[upTo], *cursor, *report) (bool, error) { return false, odd })
	if _, err := (operate.Operations{"count": failing}).Run(t.Context(), request(`{}`, "")); !errors.Is(err, odd) {
		t.Errorf("error %v", err)
	}
}
