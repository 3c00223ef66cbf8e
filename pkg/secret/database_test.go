package secret_test

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
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/secret"
)

const arn = "arn:aws:secretsmanager:eu-west-1:1:secret:fluxa"

// fakeSecrets answers with passwords that count the calls; answer, when set,
// answers instead.
type fakeSecrets struct {
	mu     sync.Mutex
	calls  int
	answer func(ctx context.Context, call int) (string, error)
}

func (f *fakeSecrets) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	if got := aws.ToString(in.SecretId); got != arn {
		return nil, fmt.Errorf("asked for %q", got)
	}
	if f.answer == nil {
		return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(fmt.Sprintf(`{"username":"fluxa","password":"p%d","host":"h"}`, call))}, nil
	}
	text, err := f.answer(ctx, call)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(text)}, nil
}

func newDatabase(t *testing.T, client secret.Client) *secret.Database {
	t.Helper()
	d, err := secret.New(client, secret.Config{SecretARN: arn})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func password(t *testing.T, d *secret.Database, fresh bool) string {
	t.Helper()
	user, password, err := d.Credentials(t.Context(), fresh)
	if err != nil || user != "fluxa" {
		t.Fatalf("user %q, error %v", user, err)
	}
	return password
}

func TestCredentials_are_kept_for_a_while(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDatabase(t, &fakeSecrets{})
		for _, step := range []struct {
			wait  time.Duration
			fresh bool
			want  string
		}{
			{0, false, "p1"},
			{5*time.Minute - 1, false, "p1"},
			{1, false, "p2"},
			{0, true, "p3"},
			{0, false, "p3"},
			{5 * time.Minute, false, "p4"},
		} {
			time.Sleep(step.wait)
			if got := password(t, d, step.fresh); got != step.want {
				t.Errorf("after %s, fresh %t: %q, want %q", step.wait, step.fresh, got, step.want)
			}
		}
	})
}

func TestCredentials_of_many_callers_are_one_reading(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeSecrets{answer: func(context.Context, int) (string, error) {
				time.Sleep(time.Second)
				return `{"username":"fluxa","password":"p"}`, nil
			}}
			d := newDatabase(t, fake)
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() {
					if got := password(t, d, fresh); got != "p" {
						t.Errorf("got %q", got)
					}
				})
			}
			callers.Wait()
			if fake.calls != 1 {
				t.Errorf("fresh %t: %d readings, want 1", fresh, fake.calls)
			}
		})
	}
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
		d := newDatabase(t, fake)
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, _, err := d.Credentials(ctx, false); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() {
			if got := password(t, d, false); got != "p" {
				t.Errorf("the second: %q", got)
			}
		})
		callers.Go(func() {
			waiting, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, _, err := d.Credentials(waiting, false)
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
		_, _, err := newDatabase(t, fake).Credentials(t.Context(), false)
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
			d := newDatabase(t, fake)
			_, _, err := d.Credentials(t.Context(), false)
			if fault.CodeOf(err) != c.code || (c.err != nil && !errors.Is(err, c.err)) {
				t.Errorf("error %v, want %s", err, c.code)
			}
			if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), arn) {
				t.Errorf("the error must name the secret and not its content: %v", err)
			}
			fake.answer = nil
			if got := password(t, d, false); got != "p2" {
				t.Errorf("the fault was kept: %q", got)
			}
		})
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]secret.Config{
		`secret: SecretARN must name a secret, got ""`:                {},
		"secret: TTL and Timeout must be positive, got -1ns and 5s":   {SecretARN: arn, TTL: -1},
		"secret: TTL and Timeout must be positive, got 5m0s and -1ns": {SecretARN: arn, Timeout: -1},
	} {
		if _, err := secret.New(&fakeSecrets{}, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func ExampleDatabase_Credentials() {
	client := &fakeSecrets{} // in a function: secretsmanager.NewFromConfig(…)
	database, err := secret.New(client, secret.Config{SecretARN: arn})
	if err != nil {
		panic(err)
	}
	user, _, err := database.Credentials(context.Background(), false)
	fmt.Println(user, err)
	// Output: fluxa <nil>
}
