package stage

import (
	"slices"
	"strings"
	"testing"
)

func TestEncryption(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		Encryption
		want []string
	}{
		"AWS's own keys":                 {Encryption{}, nil},
		"a key, but not of the database": {Encryption{CustomerKey: true}, nil},
		"a key, also of the database":    {Encryption{CustomerKey: true, Database: true}, nil},
		"a database without a key": {Encryption{Database: true},
			[]string{"encryption.database must be false without encryption.customer_key: there is no key"}},
	} {
		var l faultList
		c.check(&l)
		var got []string
		for _, err := range l.errs {
			got = append(got, strings.TrimPrefix(err.Error(), "stage : "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
