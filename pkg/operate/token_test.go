package operate_test

import (
	"testing"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// A token and the arguments are what the caller of the function sends.
func FuzzRun(f *testing.F) {
	operations := operate.Operations{"count": count()}
	answer, err := operations.Run(f.Context(), request(`{"number":2}`, ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"number":2}`, answer.Token)
	f.Add(`{"number":-1}`, "")
	f.Add(`{"number":2}`, "e30")
	f.Fuzz(func(t *testing.T, arguments, token string) {
		if token == "" {
			return // it would count up to any number
		}
		if _, err := operations.Run(t.Context(), request(arguments, token)); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q with the token %q: %v", arguments, token, err)
		}
	})
}
