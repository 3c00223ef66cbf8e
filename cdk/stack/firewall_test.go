package stack_test

import (
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestFirewall_bounds_each_address_and_knows_the_known_attacks_in_prod(t *testing.T) {
	a := prod(t).assert(t, pipeline)
	managed := func(priority int, name string, more object) any {
		group := object{"VendorName": "AWS", "Name": name}
		for key, value := range more {
			group[key] = value
		}
		return like(object{"Priority": priority, "OverrideAction": object{"None": object{}}, "Statement": object{"ManagedRuleGroupStatement": group}})
	}
	a.has(t, "AWS::WAFv2::WebACL", object{
		"Name": "fluxa-prod", "Scope": "REGIONAL", "DefaultAction": object{"Allow": object{}},
		"Rules": []any{
			like(object{"Priority": 0, "Action": object{"Block": object{}}, "Statement": object{
				"RateBasedStatement": object{"AggregateKeyType": "IP", "Limit": 400_000, "EvaluationWindowSec": 300},
			}}),
			managed(1, "AWSManagedRulesAmazonIpReputationList", object{"RuleActionOverrides": absent()}),
			managed(2, "AWSManagedRulesKnownBadInputsRuleSet", nil),
			managed(3, "AWSManagedRulesCommonRuleSet", nil),
		},
	})
}

func TestFirewall_stands_before_the_deployed_stage(t *testing.T) {
	t.Parallel()
	association := prod(t).stacks[pipeline].at(t, "Firewall/Association")
	same(t, association, association.plain(), object{
		"ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/${Pipeline/API/API}/stages/${Pipeline/API/API/DeploymentStage.prod}",
		"WebACLArn":   "${Pipeline/Firewall/ACL.Arn}",
	})
}

func TestFirewall_logs_what_it_blocks_or_counts_without_the_key(t *testing.T) {
	a := prod(t).assert(t, pipeline)
	a.has(t, "AWS::Logs::LogGroup", object{"LogGroupName": "aws-waf-logs-fluxa-prod", "RetentionInDays": 90})
	logging := prod(t).stacks[pipeline].at(t, "Firewall/Logging")
	same(t, logging, logging.plain(), object{
		"ResourceArn":           "${Pipeline/Firewall/ACL.Arn}",
		"LogDestinationConfigs": []string{"arn:aws:logs:us-east-1:${AWS::AccountId}:log-group:${Pipeline/Firewall/Log}"},
		"RedactedFields":        []object{{"SingleHeader": object{"Name": strings.ToLower(contract.HeaderAPIKey)}}},
		// What passed all rules is in the API's access log.
		"LoggingFilter": object{"DefaultBehavior": "DROP", "Filters": []object{{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": []object{
			{"ActionCondition": object{"Action": "BLOCK"}}, {"ActionCondition": object{"Action": "COUNT"}}, {"ActionCondition": object{"Action": "EXCLUDED_AS_COUNT"}},
		}}}},
	})
}

func TestFirewall_is_only_where_the_stage_asks_for_it(t *testing.T) {
	for _, p := range []*platform{dev(t), abroad(t)} {
		p.assert(t, pipeline).none(t, "AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration")
	}
}
