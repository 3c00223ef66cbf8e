package operations

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/fluxa/fluxa/pkg/operate"
)

// counter is a function that counts to three, a step a call. Its answers are replaced by
// those given, by the number of the call.
type counter struct {
	replaced map[int]string
	tokens   []string
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	var request operate.Request
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return nil, err
	}
	c.tokens = append(c.tokens, request.Token)
	w := httptest.NewRecorder()
	next := map[string]string{
		"":    `{"done":false,"token":"one","report":{"counted":1}}`,
		"one": `{"done":false,"token":"two","report":{"counted":2}}`,
		"two": `{"done":true,"report":{"counted":3}}`,
	}[request.Token]
	if answer, ok := c.replaced[len(c.tokens)]; ok {
		if next = answer; strings.Contains(answer, "errorMessage") {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
	}
	if _, err := w.WriteString(next); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

func (c *counter) stage(dir string) *Stage {
	return &Stage{Name: "the stage", function: "maintain", by: "eva", dir: dir, client: lambda.New(lambda.Options{
		Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		BaseEndpoint: aws.String("http://lambda.example"), HTTPClient: &http.Client{Transport: c}, RetryMaxAttempts: 1,
	})}
}

type counted struct {
	Counted int `json:"counted"`
}

func count(ctx context.Context, s *Stage, number int) (counted, error) {
	return Run(ctx, s, Job[counted]{Operation: "count", Arguments: map[string]int{"number": number}, Remember: true})
}

func TestRun_asks_for_one_step_after_the_other(t *testing.T) {
	t.Parallel()
	var shown []int
	c := &counter{}
	report, err := Run(t.Context(), c.stage(t.TempDir()), Job[counted]{Operation: "count", Show: func(r counted, _ bool) { shown = append(shown, r.Counted) }})
	if err != nil || report.Counted != 3 || len(shown) != 3 || strings.Join(c.tokens, " ") != " one two" {
		t.Errorf("got %+v, shown %v, tokens %q, error %v", report, shown, c.tokens, err)
	}
}

func TestRun_tries_a_step_again(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"the function died":     `{"errorMessage":"RequestId: 1 Error: Runtime exited","errorType":"Runtime.ExitError"}`,
		"the database was away": `{"done":false,"token":"one","report":{"counted":1},"error":{"code":"database_unavailable","reason":"it is away"}}`,
		"nobody knows":          `{"done":false,"token":"one","error":{"code":"panic","reason":"it panicked"}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{replaced: map[int]string{2: answer}}
			report, err := count(t.Context(), c.stage(t.TempDir()), 3)
			if err != nil || report.Counted != 3 || strings.Join(c.tokens, " ") != " one one two" {
				t.Errorf("%s: got %+v, tokens %q, error %v", name, report, c.tokens, err)
			}
		})
	}
}

func TestRun_goes_on_where_it_was_interrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	refused := `{"done":false,"token":"","error":{"code":"invalid_value","reason":"no"}}`
	c := &counter{replaced: map[int]string{2: refused}}
	if _, err := count(t.Context(), c.stage(dir), 3); err == nil || len(c.tokens) != 2 {
		t.Fatalf("tokens %q, error %v: a refusal is final", c.tokens, err)
	}
	c = &counter{}
	if _, err := count(t.Context(), c.stage(dir), 4); err != nil || c.tokens[0] != "" {
		t.Errorf("tokens %q, error %v: other arguments are another operation", c.tokens, err)
	}
	for _, want := range []string{"one two", " one two"} { // and then it begins anew
		c = &counter{}
		if report, err := count(t.Context(), c.stage(dir), 3); err != nil || report.Counted != 3 || strings.Join(c.tokens, " ") != want {
			t.Errorf("tokens %q, want %q, report %+v, error %v", c.tokens, want, report, err)
		}
	}
}

func TestRun_gives_up(t *testing.T) {
	t.Parallel()
	for answer, says := range map[string]string{
		`{"errorMessage":"out of memory"}`: "maintain of the stage ended with an error: out of memory",
		`{"partitions_made":1}`:            "of an earlier release",
		`[`:                                "different releases",
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{replaced: map[int]string{}}
			for n := range tries + 1 {
				c.replaced[n+1] = answer
			}
			if _, err := count(t.Context(), c.stage(t.TempDir()), 3); err == nil || !strings.Contains(err.Error(), says) || len(c.tokens) > tries {
				t.Errorf("%s: %d calls, error %v, want one with %q", answer, len(c.tokens), err, says)
			}
		})
	}
}
