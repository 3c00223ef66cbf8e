package construct

import (
	"testing"
)

func TestMigration_names_each_wrong_prop(t *testing.T) {
	type p = MigrationProps
	stack := newStack(t)
	h := testHandler(stack, "Migrate")
	refuses(t, "Migration", func() p { return p{Handler: h, Version: "1"} }, func(props *p) { NewMigration(stack, "Run", props) },
		wrong[p]{func(p *p) { p.Handler = nil }, "Handler is required"},
		wrong[p]{func(p *p) { p.Version = "" }, "Version is required"})
}

// Three runs of 30 seconds, and a minute and two minutes between.
func TestMigration_waits_for_all_runs_and_others_wait_for_it(t *testing.T) {
	stack := newStack(t)
	migration := NewMigration(stack, "Run", &MigrationProps{Handler: testHandler(stack, "Migrate"), Version: "7"})
	release := NewRelease(stack, "Release", &ReleaseProps{Handler: testHandler(stack, "Query")})
	migration.Before(release.Alias)
	made := templateOf(stack)
	made.has(t, "Custom::FluxaMigrations", map[string]any{"Version": "7", "ServiceTimeout": "270"})
	run := stack.GetLogicalId(migration.resource.Node().DefaultChild().(cfnElement))
	made.HasResource(text("AWS::Lambda::Alias"), map[string]any{"DependsOn": []any{*run}})
}
