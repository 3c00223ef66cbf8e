package secretsmanager_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/secretsmanager"
)

const arn = "arn:aws:secretsmanager:eu-west-1:1:secret:fluxa"

// fakeSecrets answers with passwords that count the calls; answer, when set,
// answers instead.
type fakeSecrets struct {
	mu     sync.Mutex
	calls  int
	answer func(ctx context.Context, call int) (string, error)
}

func (f *fakeSecrets) GetSecretValue(ctx context.Context, in *sdk.GetSecretValueInput, _ ...func(*sdk.Options)) (*sdk.GetSecretValueOutput, error) {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	if got := aws.ToString(in.SecretId); got != arn {
		return nil, fmt.Errorf("asked for %q", got)
	}
	if f.answer == nil {
		return &sdk.GetSecretValueOutput{SecretString: aws.String(fmt.Sprintf(`{"username":"fluxa","password":"p%d","host":"h"}`, call))}, nil
	}
	text, err := f.answer(ctx, call)
	if err != nil {
		return nil, err
	}
	return &sdk.GetSecretValueOutput{SecretString: aws.String(text)}, nil
}

func newCredentials(t *testing.T, client secretsmanager.Client) *secretsmanager.Credentials {
	t.Helper()
	c, err := secretsmanager.New(client, arn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func password(t *testing.T, c *secretsmanager.Credentials) string {
	t.Helper()
	user, password, err := c.Get(t.Context())
	if err != nil || user != "fluxa" {
		t.Fatalf("user %q, error %v", user, err)
	}
	return password
}

func TestCredentials_are_kept_for_a_while(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newCredentials(t, &fakeSecrets{})
		for _, step := range []struct {
			wait    time.Duration
			refused string
			want    string
		}{
			{0, "", "p1"},
			{5*time.Minute - 1, "", "p1"},
			{1, "", "p2"},
			{0, "p2", "p3"},
			{0, "p2", "p3"}, // of a connection that was made with what is replaced by now
			{0, "", "p3"},
			{5 * time.Minute, "", "p4"},
		} {
			time.Sleep(step.wait)
			d.Refused(step.refused)
			if got := password(t, d); got != step.want {
				t.Errorf("after %s, %q refused: %q, want %q", step.wait, step.refused, got, step.want)
			}
		}
	})
}

func TestCredentials_of_many_callers_are_one_reading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSecrets{answer: func(_ context.Context, call int) (string, error) {
			time.Sleep(time.Second)
			return fmt.Sprintf(`{"username":"fluxa","password":"p%d"}`, call), nil
		}}
		d := newCredentials(t, fake)
		for round, refused := range []string{"", "p1"} {
			want := fmt.Sprintf("p%d", round+1)
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() {
					d.Refused(refused)
					if got := password(t, d); got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			}
			callers.Wait()
			if fake.calls != round+1 {
				t.Errorf("%q refused: %d readings, want %d", refused, fake.calls, round+1)
			}
		}
	})
}

func TestCredentials_a_caller_that_gives_up_does_not_take_the_others_along(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSecrets{answer: func(ctx context.Context, call int) (string, error) {
			if call == 1 {
				<-ctx.Done()
				return "", ctx.Err()
			}
			return `{"username":"fluxa","password":"p"}`, nil
		}}
		d := newCredentials(t, fake)
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, _, err := d.Get(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() {
			if got := password(t, d); got != "p" {
				t.Errorf("the second: %q", got)
			}
		})
		callers.Go(func() {
			waiting, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, _, err := d.Get(waiting)
			if !errors.Is(err, context.DeadlineExceeded) || fault.CodeOf(err) != fault.DatabaseUnavailable {
				t.Errorf("the third: %v", err)
			}
		})
		time.Sleep(time.Second)
		cancel()
		callers.Wait()
	})
}

func TestCredentials_a_reading_is_bounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSecrets{answer: func(ctx context.Context, _ int) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}
		start := time.Now()
		_, _, err := newCredentials(t, fake).Get(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestCredentials_faults(t *testing.T) {
	t.Parallel()
	down := errors.New("throttled")
	for name, c := range map[string]struct {
		text string
		err  error
		code fault.Code
	}{
		"not reachable":      {"", down, fault.DatabaseUnavailable},
		"empty":              {"", nil, fault.Internal},
		"not JSON":           {`hunter2`, nil, fault.Internal},
		"cut off":            {`{"username":"u","password":"hunter2`, nil, fault.Internal},
		"another type":       {`{"username":"u","password":{"x":"hunter2"}}`, nil, fault.Internal},
		"without a user":     {`{"password":"hunter2"}`, nil, fault.Internal},
		"without a password": {`{"username":"hunter2"}`, nil, fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeSecrets{answer: func(context.Context, int) (string, error) { return c.text, c.err }}
			d := newCredentials(t, fake)
			_, _, err := d.Get(t.Context())
			if fault.CodeOf(err) != c.code || (c.err != nil && !errors.Is(err, c.err)) {
				t.Errorf("error %v, want %s", err, c.code)
			}
			if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), arn) {
				t.Errorf("the error must name the secret and not its content: %v", err)
			}
			fake.answer = nil
			if got := password(t, d); got != "p2" {
				t.Errorf("the fault was kept: %q", got)
			}
		})
	}
}

func TestNew_refuses_no_secret(t *testing.T) {
	t.Parallel()
	const want = `secretsmanager: the ARN must name a secret, got ""`
	if _, err := secretsmanager.New(&fakeSecrets{}, ""); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func ExampleCredentials_Get() {
	client := &fakeSecrets{} // in a function: the SDK's secretsmanager.NewFromConfig(…)
	credentials, err := secretsmanager.New(client, arn)
	if err != nil {
		panic(err)
	}
	user, _, err := credentials.Get(context.Background())
	fmt.Println(user, err)
	// Output: fluxa <nil>
}
