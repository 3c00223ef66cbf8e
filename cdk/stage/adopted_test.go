package stage

import (
	"slices"
	"strings"
	"testing"
)

func TestAdopted(t *testing.T) {
	t.Parallel()
	const (
		host   = "fluxa-prod-restored.c1a2b3c4d5e6.us-east-1.rds.amazonaws.com"
		secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-0f3a1c52-6d0e-Ab12Cd"
		all    = ", or empty as all of database.adopted, got "
		name   = "database.adopted.name must be the name of an instance such as fluxa-prod-restored" + all
		hosts  = "database.adopted.host must be the instance's endpoint, which begins with its name and ends with rds.amazonaws.com" + all
		id     = "database.adopted.resource_id must be the instance's DbiResourceId such as db-ABCDEFGHIJKLMNOPQRSTUVWXYZ" + all
		arn    = "database.adopted.secret_arn must be the ARN of the secret that RDS keeps for the instance, whose name begins with rds!" + all
	)
	good := Adopted{Name: "fluxa-prod-restored", Host: host, ResourceID: "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U", SecretARN: secret}
	for what, c := range map[string]struct {
		change func(*Adopted)
		region string
		want   []string
	}{
		"all":                     {func(*Adopted) {}, "us-east-1", nil},
		"no region of the stage":  {func(*Adopted) {}, "", nil},
		"nothing":                 {func(a *Adopted) { *a = Adopted{} }, "us-east-1", nil},
		"a name alone":            {func(a *Adopted) { *a = Adopted{Name: "fluxa"} }, "", []string{hosts + `""`, id + `""`, arn + `""`}},
		"the host of another":     {func(a *Adopted) { a.Name = "fluxa-prod" }, "", []string{hosts + `"` + host + `"`}},
		"a host of one's own":     {func(a *Adopted) { a.Host = "fluxa-prod-restored.example.com" }, "", []string{hosts + `"fluxa-prod-restored.example.com"`}},
		"the id of a proxy":       {func(a *Adopted) { a.ResourceID = "prx-0123456789" }, "", []string{id + `"prx-0123456789"`}},
		"a secret of one's own":   {func(a *Adopted) { a.SecretARN = strings.Replace(secret, "rds!", "", 1) }, "", []string{arn + `"` + strings.Replace(secret, "rds!", "", 1) + `"`}},
		"a secret of elsewhere":   {func(*Adopted) {}, "eu-west-1", []string{`database.adopted.secret_arn must be of the stage's region eu-west-1, got "` + secret + `"`}},
		"a name with two hyphens": {func(a *Adopted) { a.Name = "fluxa--prod" }, "", []string{name + `"fluxa--prod"`, hosts + `"` + host + `"`}},
	} {
		a := good
		c.change(&a)
		var l faultList
		a.check(&l, c.region)
		var got []string
		for _, err := range l.errs {
			got = append(got, strings.TrimPrefix(err.Error(), "stage : "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}
