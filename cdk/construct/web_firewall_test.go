package construct

import (
	"testing"
)

func TestWebFirewall_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = WebFirewallProps
	stack := newStack(t)
	props := apiProps(stack)
	api := NewEventAPI(stack, "API", &props)
	refuses(t, "WebFirewall", func() p { return p{Name: "wall", API: api, RatePer5Minutes: 10, LogRetentionDays: 1} },
		func(props *p) { NewWebFirewall(stack, "Firewall", props) },
		wrong[p]{func(p *p) { p.Name = "" }, `Name must have 1 to 128 characters of A-Za-z0-9_-, got ""`},
		wrong[p]{func(p *p) { p.API = nil }, "API is required"},
		wrong[p]{func(p *p) { p.RatePer5Minutes = 9 }, "RatePer5Minutes must be 10 to 2000000000, got 9"},
		wrong[p]{func(p *p) { p.LogRetentionDays = 0 }, "LogRetentionDays must be " + oneOfTheRetentions + ", got 0"},
		wrong[p]{func(p *p) { p.Removal = "keep" }, "Removal must be one of [RETAIN DESTROY], got keep"})
}

func TestWebFirewall_blocks_an_address_above_its_rate_and_keeps_keys_out_of_its_log(t *testing.T) {
	stack := newStack(t)
	props := apiProps(stack)
	NewWebFirewall(stack, "Firewall", &WebFirewallProps{Name: "wall", API: NewEventAPI(stack, "API", &props), RatePer5Minutes: 1234, LogRetentionDays: 7})
	made := templateOf(stack)
	acls := *made.FindResources(text("AWS::WAFv2::WebACL"), nil)
	for _, acl := range acls {
		rules := (*acl)["Properties"].(map[string]any)["Rules"].([]any)
		rate := rules[0].(map[string]any)["Statement"].(map[string]any)["RateBasedStatement"].(map[string]any)
		if len(rules) != 4 || rate["Limit"] != 1234.0 || rate["EvaluationWindowSec"] != 300.0 {
			t.Errorf("of %d rules the first allows %v", len(rules), rate)
		}
	}
	made.count(t, "AWS::WAFv2::WebACL", 1)
	made.has(t, "AWS::Logs::LogGroup", map[string]any{"LogGroupName": "aws-waf-logs-wall", "RetentionInDays": 7})
	made.has(t, "AWS::WAFv2::LoggingConfiguration", map[string]any{"RedactedFields": []any{map[string]any{"SingleHeader": map[string]any{"Name": "x-api-key"}}}})
}
