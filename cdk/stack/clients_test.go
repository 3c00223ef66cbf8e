package stack_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/config"
)

func TestClients_have_keys_and_a_usage_plan_of_their_own_and_nobody_else_has(t *testing.T) {
	t.Parallel()
	stack := paused(t).stacks[pipeline]
	for name, rate := range map[string][2]int{"orders": {40, 80}, "reports": {1, 2}} {
		plan := stack.at(t, "Clients/"+name+"/Plan")
		same(t, plan, plan.plain("UsagePlanName"), "fluxa-"+name+"-paused")
		same(t, plan, plan.plain("Throttle"), object{"RateLimit": rate[0], "BurstLimit": rate[1]})
		same(t, plan, plan.plain("ApiStages"), []object{{"ApiId": "${Pipeline/API/API}", "Stage": "${Pipeline/API/API/DeploymentStage.paused}"}})
	}
	keys := []string{"orders/a", "orders/b", "reports/a"}
	for _, key := range keys {
		made, use := stack.at(t, "Clients/"+key+"/Key"), stack.at(t, "Clients/"+key+"/PlanKey")
		client, _, _ := strings.Cut(key, "/")
		same(t, made, []any{made.plain("Name"), made.plain("Enabled"), made.plain("Value"), made.plain("StageKeys")},
			[]any{"fluxa-" + strings.ReplaceAll(key, "/", "-") + "-paused", true, nil, nil})
		same(t, use, use.plain(), object{"KeyId": "${Pipeline/Clients/" + key + "/Key}", "KeyType": "API_KEY", "UsagePlanId": "${Pipeline/Clients/" + client + "/Plan}"})
	}
	for kind, want := range map[string]int{"AWS::ApiGateway::ApiKey": len(keys), "AWS::ApiGateway::UsagePlanKey": len(keys), "AWS::ApiGateway::UsagePlan": 2} {
		if got := len(stack.all(kind)); got != want {
			t.Errorf("there are %d %s, want %d", got, kind, want)
		}
	}
	same(t, "ApiKeyIds", stack.plain(stack.outputs["ApiKeyIds"]),
		`{"orders-a":"${Pipeline/Clients/orders/a/Key}","orders-b":"${Pipeline/Clients/orders/b/Key}","reports-a":"${Pipeline/Clients/reports/a/Key}"}`)
	if _, has := stack.outputs["ApiKeyId"]; has {
		t.Error("there is a key of nobody")
	}
	for _, p := range []*platform{abroad(t), tokens(t)} {
		if keys := p.stacks[pipeline].all("AWS::ApiGateway::ApiKey"); len(keys) > 0 || p.stacks[pipeline].outputs["ApiKeyIds"] != nil {
			t.Errorf("%s: clients that show no key have %v", p.settings.Name, keys)
		}
	}
}

func TestEnvironment_tells_who_the_clients_are(t *testing.T) {
	t.Parallel()
	told := map[*platform]any{
		dev(t): nil, prod(t): nil,
		paused(t): `{"orders":{"callers":["${Pipeline/Clients/orders/a/Key}","${Pipeline/Clients/orders/b/Key}"],"reads":"own"},` +
			`"reports":{"callers":["${Pipeline/Clients/reports/a/Key}"],"reads":"all"}}`,
		abroad(t): `{"orders":{"callers":["arn:aws:sts::123456789012:assumed-role/orders"],"reads":"own"},` +
			`"reports":{"callers":["arn:aws:sts::123456789012:assumed-role/reports"],"reads":"all"}}`,
		tokens(t): `{"orders":{"callers":["https://login.example.com/#auth0%7Corders"],"reads":"own"}}`,
	}
	for p, clients := range told {
		for _, path := range functionPaths() {
			r := p.stacks[pipeline].at(t, path+"/Function")
			variables := r.plain("Environment", "Variables").(object)
			var want any
			if path == "Ingest" || path == "Query" {
				want = clients
			}
			same(t, r, variables[config.EnvClients], want)

			others := 0
			for name, value := range variables {
				if name != config.EnvClients {
					others += len(name) + max(len(fmt.Sprint(value)), 64) // of what is known in the deployment only, an address
				}
			}
			if total := others + len(config.EnvClients) + stage.ClientsBytes; total > 4096 && want != nil {
				t.Errorf("%s: with the longest list of clients its environment has %d bytes, and Lambda takes 4096", r, total)
			}
		}
	}
}
