package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// WebFirewallProps describes the firewall.
type WebFirewallProps struct {
	// Name has 1 to 128 of A-Z a-z 0-9 _ -.
	Name string
	// API is what the firewall stands in front of.
	API *EventAPI
	// RatePer5Minutes is how many requests one address may send: 10 to 2000000000. WAF
	// estimates the rate, and blocks near the limit rather than at it.
	RatePer5Minutes int

	// LogRetentionDays, LogKey and Removal are those of the log, as in LogGroupProps.
	LogRetentionDays int
	LogKey           awskms.IKey
	Removal          awscdk.RemovalPolicy
}

// WebFirewall is a WAF in front of the API: a rate for each address, and the rules
// that AWS keeps against known attacks.
type WebFirewall struct {
	Construct constructs.Construct
	ACL       awswafv2.CfnWebACL
}

// NewWebFirewall makes the firewall and its log. That has what a rule blocked or
// counted, and not what passed them all, which the API's access log has; the key's
// header is left out.
func NewWebFirewall(scope constructs.Construct, id string, props *WebFirewallProps) *WebFirewall {
	c := &check{part: "WebFirewall"}
	c.name(props.Name, 1, 128, "A-Za-z0-9_-", "Name")
	c.given(props.API != nil, "API")
	c.between(props.RatePer5Minutes, 10, 2_000_000_000, "RatePer5Minutes")
	c.retention(props.LogRetentionDays, "LogRetentionDays")
	c.removal(props.Removal)
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	rules := []*awswafv2.CfnWebACL_RuleProperty{rateRule(props)}
	for i, group := range managedGroups() {
		rules = append(rules, managedRule(props, i+1, group))
	}
	acl := awswafv2.NewCfnWebACL(this, text("ACL"), &awswafv2.CfnWebACLProps{
		Name:             text(props.Name),
		Scope:            text("REGIONAL"),
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: &awswafv2.CfnWebACL_AllowActionProperty{}},
		VisibilityConfig: visibility(props.Name),
		Rules:            &rules,
	})
	awswafv2.NewCfnWebACLAssociation(this, text("Association"), &awswafv2.CfnWebACLAssociationProps{
		ResourceArn: props.API.API.DeploymentStage().StageArn(), WebAclArn: acl.AttrArn(),
	})
	log := NewLogGroup(this, "Log", &LogGroupProps{
		Name: "aws-waf-logs-" + props.Name, RetentionDays: props.LogRetentionDays, Key: props.LogKey, Removal: props.Removal,
	})
	// WAF wants the ARN without the :* that CloudFormation's has.
	destination := awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: text("logs"), Resource: text("log-group"), ResourceName: log.LogGroupName(), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	awswafv2.NewCfnLoggingConfiguration(this, text("Logging"), &awswafv2.CfnLoggingConfigurationProps{
		ResourceArn: acl.AttrArn(), LogDestinationConfigs: &[]any{destination},
		RedactedFields: &[]any{&awswafv2.CfnLoggingConfiguration_FieldToMatchProperty{
			SingleHeader: map[string]any{"Name": strings.ToLower(contract.HeaderAPIKey)},
		}},
		LoggingFilter: matchedOnly(),
	})
	return &WebFirewall{Construct: this, ACL: acl}
}

// matchedOnly keeps in the log what a rule blocked or counted. A rule whose action is
// overridden to count is EXCLUDED_AS_COUNT there ("ActionCondition",
// https://docs.aws.amazon.com/waf/latest/APIReference/API_ActionCondition.html). The CDK
// passes the filter on as it is, without CloudFormation's spelling.
func matchedOnly() map[string]any {
	var actions []any
	for _, action := range []string{"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"} {
		actions = append(actions, map[string]any{"ActionCondition": map[string]any{"Action": action}})
	}
	return map[string]any{
		"DefaultBehavior": "DROP",
		"Filters":         []any{map[string]any{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": actions}},
	}
}

func rateRule(props *WebFirewallProps) *awswafv2.CfnWebACL_RuleProperty {
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: text("rate"), Priority: number(0),
		Action: &awswafv2.CfnWebACL_RuleActionProperty{Block: &awswafv2.CfnWebACL_BlockActionProperty{}},
		Statement: &awswafv2.CfnWebACL_StatementProperty{RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
			AggregateKeyType: text("IP"), Limit: number(props.RatePer5Minutes), EvaluationWindowSec: number(300),
		}},
		VisibilityConfig: visibility(props.Name + "-rate"),
	}
}

// managedGroup is a group of rules that AWS keeps, and those of them that only count
// what they find.
type managedGroup struct {
	name    string
	counted []string
}

// managedGroups are the groups in their order. A rule that looks into what callers
// fill as they like only counts: an event may say anything, so may the id of a user
// and the value of a header, and the id of an event is anything of A-Za-z0-9._:-,
// such as orders.log. All of it is data, stored with parameters and never shown as a
// page. What is left blocks by address, method, host and cookie, and what no path or
// User-Agent of this API holds.
//
// The rules: "Baseline rule groups",
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
// and "IP reputation rule groups",
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
func managedGroups() []managedGroup {
	return []managedGroup{
		{name: "AWSManagedRulesAmazonIpReputationList"},
		{name: "AWSManagedRulesKnownBadInputsRuleSet", counted: []string{
			"JavaDeserializationRCE_HEADER", "JavaDeserializationRCE_BODY", "JavaDeserializationRCE_URIPATH", "JavaDeserializationRCE_QUERYSTRING",
			"ExploitablePaths_URIPATH", "Log4JRCE_HEADER", "Log4JRCE_QUERYSTRING", "Log4JRCE_BODY", "ReactJSRCE_BODY",
		}},
		{name: "AWSManagedRulesCommonRuleSet", counted: []string{
			"NoUserAgent_HEADER", "SizeRestrictions_QUERYSTRING", "SizeRestrictions_BODY",
			"EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_URIPATH", "EC2MetaDataSSRF_QUERYARGUMENTS",
			"GenericLFI_QUERYARGUMENTS", "GenericLFI_URIPATH", "GenericLFI_BODY",
			"RestrictedExtensions_URIPATH", "RestrictedExtensions_QUERYARGUMENTS",
			"GenericRFI_QUERYARGUMENTS", "GenericRFI_BODY", "CrossSiteScripting_QUERYARGUMENTS", "CrossSiteScripting_BODY",
		}},
	}
}

func managedRule(props *WebFirewallProps, priority int, group managedGroup) *awswafv2.CfnWebACL_RuleProperty {
	statement := &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{VendorName: text("AWS"), Name: text(group.name)}
	if len(group.counted) > 0 {
		var overrides []*awswafv2.CfnWebACL_RuleActionOverrideProperty
		for _, rule := range group.counted {
			overrides = append(overrides, &awswafv2.CfnWebACL_RuleActionOverrideProperty{
				Name: text(rule), ActionToUse: &awswafv2.CfnWebACL_RuleActionProperty{Count: &awswafv2.CfnWebACL_CountActionProperty{}},
			})
		}
		statement.RuleActionOverrides = &overrides
	}
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: text(group.name), Priority: number(priority),
		OverrideAction:   &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
		Statement:        &awswafv2.CfnWebACL_StatementProperty{ManagedRuleGroupStatement: statement},
		VisibilityConfig: visibility(props.Name + "-" + group.name),
	}
}

func visibility(metric string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: jsii.Bool(true), SampledRequestsEnabled: jsii.Bool(true), MetricName: text(metric),
	}
}
