package stack_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/stage"
)

// restored is the instance that a stage adopts.
func restored(name string) stage.Adopted {
	instance := "fluxa-" + name + "-restored"
	return stage.Adopted{
		Name: instance, Host: instance + ".c1a2b3c4d5e6.us-east-1.rds.amazonaws.com", ResourceID: "db-RESTORED" + strings.ToUpper(name),
		SecretARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-restored-" + name,
	}
}

// addAdopting adds the deployed stages as they are after a restore.
func addAdopting(app awscdk.App, zips string) ([]stage.Stage, error) {
	stages, err := stage.All()
	if err != nil {
		return nil, err
	}
	for i, s := range stages {
		s.Database.Adopted = restored(s.Name)
		raw, err := yaml.Marshal(s)
		if err != nil {
			return nil, err
		}
		if stages[i], err = stage.Parse(s.Name, raw); err != nil {
			return nil, err
		}
	}
	return stages, stack.AddStages(app, stages, zips)
}

// own is the stage's own instance in what plain writes.
const own = "${Data/Database/Instance"

// contents are the resources of a stage by stack and path, as text.
func (p *platform) contents() map[string]string {
	out := map[string]string{}
	for name, s := range p.stacks {
		for _, r := range s.resources {
			raw, err := json.Marshal([]any{r.Type, r.DeletionPolicy, r.UpdateReplacePolicy, s.plain(r.Properties)})
			if err != nil {
				panic(err) // it was JSON
			}
			out[name+"/"+r.Path] = string(raw)
		}
	}
	return out
}

// TestAdopted_instance_is_used_wherever_the_own_one_was: the templates of before are
// those of after, with one instance in the place of the other. So the own one stays as
// it is, and nothing is made, removed or replaced, such as a rule of a security group,
// which AWS would refuse beside the one that is there.
func TestAdopted_instance_is_used_wherever_the_own_one_was(t *testing.T) {
	for _, before := range both(t) {
		name := before.settings.Name
		after, instance := one(t, adopting, name), restored(name)
		back := strings.NewReplacer(instance.Host, own+".Endpoint.Address}", instance.ResourceID, own+".DbiResourceId}",
			instance.SecretARN, own+".MasterUserSecret.SecretArn}", instance.Name, own+"}")
		got := after.contents()
		for path, text := range got {
			got[path] = back.Replace(text)
		}
		if diff := cmp.Diff(before.contents(), got); diff != "" {
			t.Errorf("%s, with its own instance again (-before +after)\n%s", name, diff)
		}
	}
}

// TestAdopted_instance_leaves_no_use_of_the_own_one: but for its port, which is that of
// the rule that lets the proxy in.
func TestAdopted_instance_leaves_no_use_of_the_own_one(t *testing.T) {
	attribute := regexp.MustCompile(regexp.QuoteMeta(own) + `(\.[A-Za-z.]+)?\}`)
	for _, p := range both(t) {
		p := one(t, adopting, p.settings.Name)
		contents := p.contents()
		for _, path := range slices.Sorted(maps.Keys(contents)) {
			for _, used := range attribute.FindAllString(contents[path], -1) {
				if used != own+".Endpoint.Port}" {
					t.Errorf("%s: %s uses %s", p.settings.Name, path, used)
				}
			}
		}
		for output, want := range map[string]string{"DbEndpoint": p.settings.Database.Adopted.Host, "DbSecretArn": p.settings.Database.Adopted.SecretARN} {
			if got := p.stacks[data].plain(p.stacks[data].outputs[output]); got != want {
				t.Errorf("%s: the output %s is %v, want %s", p.settings.Name, output, got, want)
			}
		}
	}
}

// TestAdopted_instance_leaves_every_export: the stack of the data is deployed while the
// others still take what they took, and CloudFormation removes no export in use.
func TestAdopted_instance_leaves_every_export(t *testing.T) {
	for _, before := range both(t) {
		after := exports(t, one(t, adopting, before.settings.Name))
		for name, value := range exports(t, before) {
			if diff := cmp.Diff(value, after[name]); diff != "" {
				t.Errorf("%s (-before +after)\n%s", name, diff)
			}
		}
	}
}

func exports(t *testing.T, p *platform) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, s := range p.stacks {
		var template struct {
			Outputs map[string]struct {
				Value  any
				Export struct{ Name string }
			}
		}
		if err := json.Unmarshal(s.raw, &template); err != nil {
			t.Fatal(err)
		}
		for _, output := range template.Outputs {
			if output.Export.Name != "" {
				out[output.Export.Name] = output.Value
			}
		}
	}
	return out
}

// TestMigrations_run_on_another_database: what was restored may be older than the last
// migration.
func TestMigrations_run_on_another_database(t *testing.T) {
	for _, before := range both(t) {
		version := func(p *platform) any { return p.stacks[pipeline].at(t, "Migrations/Run").plain("Version") }
		after := one(t, adopting, before.settings.Name)
		if was, is := version(before), version(after); was == is || !strings.HasSuffix(is.(string), " on "+after.settings.Database.Adopted.ResourceID) {
			t.Errorf("%s: the version was %v and is %v", before.settings.Name, was, is)
		}
	}
}
