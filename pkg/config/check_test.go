package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/config"
)

func TestLoad_names_have_their_form_and_length(t *testing.T) {
	t.Parallel()
	for variable, names := range map[string]struct{ good, bad []string }{
		"FLUXA_ENVIRONMENT": {
			good: []string{"d", "dev", "eu-1", "a-", "z9", strings.Repeat("a", 32)},
			bad:  []string{"", "1a", "-a", "Dev", "a_b", "a.b", "dév", "a b", "a\n", strings.Repeat("a", 33)},
		},
		"PAYLOAD_BUCKET": {
			good: []string{"abc", "0-9", "a.b", "fluxa-payloads-dev", "9" + strings.Repeat("-", 61) + "z"},
			bad:  []string{"", "ab", "-ab", "ab-", ".ab", "ab.", "aBc", "a_b", "a/b", "äbc", "abc\n", strings.Repeat("a", 64)},
		},
	} {
		load := func(value string) error {
			environ := map[string]string{
				"FLUXA_ENVIRONMENT": "dev", "PAYLOAD_BUCKET": "fluxa-payloads-dev", "QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/q",
			}
			environ[variable] = value
			var list []string
			for name, value := range environ {
				list = append(list, name+"="+value)
			}
			_, err := config.Load[config.Ingest](list)
			return err
		}
		for _, name := range names.good {
			if err := load(name); err != nil {
				t.Errorf("%s=%q: %v", variable, name, err)
			}
		}
		for _, name := range names.bad {
			if faults, ok := errors.AsType[*config.Error](load(name)); !ok || len(faults.Faults) != 1 || faults.Faults[0].Variable != variable {
				t.Errorf("%s=%q: error %v", variable, name, faults)
			}
		}
	}
}
