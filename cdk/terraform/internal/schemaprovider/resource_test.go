package schemaprovider

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// planned asks for a plan of a resource that does not exist, or of one in the
// prior state. The proposed state is what Terraform would propose: the
// configuration, with what the prior state has where that says nothing.
func planned(t *testing.T, s *Server, name, prior, proposed, config string) map[string]any {
	t.Helper()
	k := s.catalogue.resources[name]
	answer, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: name, PriorState: sent(t, k, prior), ProposedNewState: sent(t, k, proposed), Config: sent(t, k, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return received(t, k, answer.PlannedState)
}

func TestPlan_of_a_new_resource(t *testing.T) {
	t.Parallel()
	s := started(t, Unknown)
	for name, test := range map[string]struct {
		resource, config string
		want             map[string]any
	}{
		"keeps what is configured and leaves the rest open": {
			"aws_sns_topic_policy", `{"arn":"a","policy":"{}"}`,
			map[string]any{"arn": "a", "policy": "{}", "id": "?", "owner": "?", "region": "?"}},
		"keeps a configured value of what may be computed": {
			"aws_sns_topic_policy", `{"arn":"a","policy":"{}","region":"us-east-1","id":"mine"}`,
			map[string]any{"arn": "a", "policy": "{}", "id": "mine", "owner": "?", "region": "us-east-1"}},
		"keeps what is unknown": {
			"aws_sns_topic_policy", `{"arn":"?","policy":"{}","region":"?"}`,
			map[string]any{"arn": "?", "policy": "{}", "id": "?", "owner": "?", "region": "?"}},
		"goes into blocks": {
			"aws_db_proxy_default_target_group", `{"db_proxy_name":"p","connection_pool_config":[{"init_query":"SELECT 1"}]}`,
			map[string]any{
				"db_proxy_name": "p", "arn": "?", "id": "?", "name": "?", "region": "?",
				"connection_pool_config": []any{map[string]any{"init_query": "SELECT 1"}},
			}},
		"shows no write-only value": {
			"aws_secretsmanager_secret_version", `{"secret_id":"s","secret_string_wo":"hidden","secret_string_wo_version":1}`,
			map[string]any{
				"secret_id": "s", "secret_string_wo_version": "1", "arn": "?", "id": "?", "version_id": "?", "has_secret_string_wo": "?",
				"secret_arn": "?", "version_stages": "?", "region": "?",
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := planned(t, s, test.resource, `null`, test.config, test.config)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got: %s", diff)
			}
		})
	}
}

func TestPlan_keeps_what_an_apply_gave(t *testing.T) {
	t.Parallel()
	s := started(t, Unknown)
	prior := `{"arn":"a","policy":"{}","id":"given","owner":"given","region":"eu-west-1"}`
	got := planned(t, s, "aws_sns_topic_policy", prior,
		`{"arn":"b","policy":"{}","id":"given","owner":"given","region":"eu-west-1"}`, `{"arn":"b","policy":"{}"}`)
	want := map[string]any{"arn": "b", "policy": "{}", "id": "given", "owner": "given", "region": "eu-west-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got: %s", diff)
	}
}

func TestPlan_with_placeholders_waits_for_a_configuration_that_is_known(t *testing.T) {
	t.Parallel()
	s := started(t, Placeholder)
	known := `{"arn":"a","policy":"{}"}`
	if got := planned(t, s, "aws_sns_topic_policy", `null`, known, known); got["id"] == "?" {
		t.Errorf("of a known configuration all is known, got %v", got)
	}
	partly := `{"arn":"?","policy":"{}"}`
	want := map[string]any{"arn": "?", "policy": "{}", "id": "?", "owner": "?", "region": "?"}
	if diff := cmp.Diff(want, planned(t, s, "aws_sns_topic_policy", `null`, partly, partly)); diff != "" {
		t.Errorf("-want +got: %s", diff)
	}
}

func TestApply_gives_what_the_plan_with_placeholders_showed(t *testing.T) {
	t.Parallel()
	config := `{"name":"events","tags":{"Name":"x"}}`
	shown := planned(t, started(t, Placeholder), "aws_sqs_queue", `null`, config, config)

	s := started(t, Unknown)
	k := s.catalogue.resources["aws_sqs_queue"]
	plan, err := s.PlanResourceChange(t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: k.name, PriorState: sent(t, k, `null`), ProposedNewState: sent(t, k, config), Config: sent(t, k, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	applied, err := s.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: k.name, PriorState: sent(t, k, `null`), PlannedState: plan.PlannedState, Config: sent(t, k, config),
	})
	if err != nil {
		t.Fatal(err)
	}
	if shown["sqs_managed_sse_enabled"] != "?" {
		t.Errorf("the plan shows a boolean argument that is left out as %v", shown["sqs_managed_sse_enabled"])
	}
	shown["sqs_managed_sse_enabled"] = false
	if diff := cmp.Diff(shown, received(t, k, applied.NewState)); diff != "" {
		t.Errorf("-planned +applied: %s", diff)
	}
}

func TestConfigure_wants_a_region(t *testing.T) {
	t.Parallel()
	for _, block := range []string{`{}`, `{"region":""}`, `{"region":"?"}`} {
		s := unconfigured(t, Unknown)
		_, err := s.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: sent(t, s.catalogue.provider, block)})
		want := "region must be set in the provider block and known before the apply: the environment is not read"
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v", block, err)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	s := started(t, Placeholder)
	identity := func(resource, config string) string {
		k := s.catalogue.resources[resource]
		p, err := newPlaceholders(k, valueOf(t, k.typ, config), s.rules, "eu-west-1")
		if err != nil {
			t.Fatal(err)
		}
		return p.identity
	}
	t.Run("differ where an argument differs, however deep", func(t *testing.T) {
		t.Parallel()
		var seen []string
		for _, config := range []string{
			`{"name":"a"}`, `{"name":"b"}`, `{"name":"a","delay_seconds":1}`, `{"name":"a","tags":{"x":"y"}}`, `{"name":"a","tags":{"x":"z"}}`,
		} {
			seen = append(seen, identity("aws_sqs_queue", config))
		}
		seen = append(seen, identity("aws_sns_topic", `{"name":"a"}`))
		if slices.Sort(seen); len(slices.Compact(seen)) != 6 {
			t.Errorf("two of %q are the same", seen)
		}
	})
	t.Run("do not depend on what is written only", func(t *testing.T) {
		t.Parallel()
		one, other := identity("aws_db_instance", `{"identifier":"db","password_wo":"x"}`), identity("aws_db_instance", `{"identifier":"db","password_wo":"y"}`)
		if one != other {
			t.Errorf("%s and %s", one, other)
		}
	})
	t.Run("have a readable name", func(t *testing.T) {
		t.Parallel()
		for config, want := range map[string]string{
			`{"name":"events"}`:       "events-",
			`{"name":"My queue / 1"}`: "My-queue-1-",
			`{"delay_seconds":1}`:     "",
		} {
			if got := identity("aws_sqs_queue", config); got[:max(0, len(got)-8)] != want {
				t.Errorf("%s: %s, want %s and eight digits", config, got, want)
			}
		}
	})
	t.Run("are of the type of the attribute", func(t *testing.T) {
		t.Parallel()
		got := planned(t, s, "aws_db_instance", `null`, `{"identifier":"db","instance_class":"db.t4g.micro"}`, `{"identifier":"db","instance_class":"db.t4g.micro"}`)
		id := identity("aws_db_instance", `{"identifier":"db","instance_class":"db.t4g.micro"}`)
		want := map[string]any{
			"arn":      "arn:aws:db:eu-west-1:123456789012:placeholder:aws_db_instance/" + id + "/arn",
			"endpoint": "aws_db_instance/" + id + "/endpoint",
			"master_user_secret": []any{map[string]any{
				"kms_key_id":    "aws_db_instance/" + id + "/master_user_secret.kms_key_id",
				"secret_arn":    "arn:aws:db:eu-west-1:123456789012:placeholder:aws_db_instance/" + id + "/master_user_secret.secret_arn",
				"secret_status": "aws_db_instance/" + id + "/master_user_secret.secret_status",
			}},
			"vpc_security_group_ids": []any{"aws_db_instance/" + id + "/vpc_security_group_ids"},
		}
		for name, value := range want {
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("%s (-want +got): %s", name, diff)
			}
		}
		if port, storage := got["port"], got["allocated_storage"]; port == storage || port == nil {
			t.Errorf("port and allocated_storage are %v and %v, want two numbers", port, storage)
		}
	})
	t.Run("of booleans are false, and none stands for an argument that is left out", func(t *testing.T) {
		t.Parallel()
		const subscription = `{"topic_arn":"t","protocol":"sqs","endpoint":"q"}`
		for _, test := range []struct {
			resource, config, name string
			want                   any
		}{
			{"aws_sns_topic_subscription", subscription, "pending_confirmation", false},
			{"aws_db_instance", `{"identifier":"db","instance_class":"db.t4g.micro"}`, "multi_az", "?"},
			{"aws_db_instance", `{"identifier":"db","instance_class":"db.t4g.micro","multi_az":false}`, "multi_az", false},
			{"aws_db_instance", `{"identifier":"db","instance_class":"db.t4g.micro","multi_az":true}`, "multi_az", true},
		} {
			if got := planned(t, s, test.resource, `null`, test.config, test.config)[test.name]; got != test.want {
				t.Errorf("%s of %s is %v, want %v", test.name, test.config, got, test.want)
			}
		}
	})
	t.Run("are JSON where the attribute is", func(t *testing.T) {
		t.Parallel()
		got := planned(t, s, "aws_lambda_invocation", `null`, `{"function_name":"f","input":"{}"}`, `{"function_name":"f","input":"{}"}`)
		id := identity("aws_lambda_invocation", `{"function_name":"f","input":"{}"}`)
		if want := `{"placeholder":"aws_lambda_invocation/` + id + `/result"}`; got["result"] != want {
			t.Errorf("result = %v, want %s", got["result"], want)
		}
	})
}
