package assembly

import (
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

func TestNaming_finds_what_names_a_stage(t *testing.T) {
	t.Parallel()
	const name, alone = `"${var.name_prefix}fluxa-events-${var.environment}"`, `"${var.name_prefix}${var.environment}"`
	for _, c := range []struct{ prefix, stage, text, want string }{
		{"", "dev", "fluxa-events-dev", name},
		{"acme-", "dev", "acme-fluxa-events-dev", name},
		{"dev-", "dev", "dev-fluxa-events-dev", name},
		{"", "fluxa-test", "fluxa-events-fluxa-test", name},
		{"", "dev", "dev", alone},
		{"acme-", "dev", "acme-dev", alone},
		{"acme-", "dev", "Fluxa acme-dev alarms", `"Fluxa ${var.name_prefix}${var.environment} alarms"`},
		{"acme-", "dev", "/acme-dev", `"/${var.name_prefix}${var.environment}"`},
		{"acme-", "dev", "acme-fluxa/dev/by error code", `"${var.name_prefix}fluxa/${var.environment}/by error code"`},
		{"acme-", "dev", "alias/acme-fluxa-topics-dev", `"alias/${var.name_prefix}fluxa-topics-${var.environment}"`},
		{"acme-", "dev", "developers", `"developers"`},
		{"acme-", "dev", "fluxa", `"fluxa"`},
	} {
		if got := hcl.Source(newNaming(c.prefix, c.stage).in(c.text)); got != c.want {
			t.Errorf("%q with %q: %q is %s, want %s", c.prefix, c.stage, c.text, got, c.want)
		}
	}
}
