// Package schemaprovider is a Terraform provider that knows the schema of
// hashicorp/aws and nothing else. Real Terraform validates, plans and applies
// with it on a machine that reaches neither AWS nor a provider registry: it
// makes no call, and what AWS would answer is a placeholder.
//
// It refuses what the schema refuses, and the few values of rules.json. It does
// not know the provider's defaults, which changes replace a resource, nor which
// arguments exclude each other.
package schemaprovider

// Environment names the variable that chooses the provider's Computed.
const Environment = "FLUXA_SCHEMA_PROVIDER_COMPUTED"

// Computed says what a plan shows for a value that only AWS can give, such as an
// ARN. The apply turns each into its placeholder either way.
type Computed string

const (
	// Unknown plans such a value as known after apply, as the real provider does.
	Unknown Computed = ""

	// Placeholder plans it as its placeholder, so that the plan shows what is
	// built from it as well. A boolean argument that is left out stays unknown,
	// since neither value could be told from a configured one. A resource whose
	// configuration is not known as a whole keeps its unknowns.
	Placeholder Computed = "placeholder"
)
