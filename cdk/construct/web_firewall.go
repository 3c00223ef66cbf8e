package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
	// RatePer5Minutes is how many requests one address may send: 10 to 2000000000.
	RatePer5Minutes int

	// LogRetentionDays and Removal are those of the log, as in LogGroupProps.
	LogRetentionDays int
	Removal          awscdk.RemovalPolicy
}

// WebFirewall is a WAF in front of the API: a rate for each address, and the rules
// that AWS keeps against known attacks.
type WebFirewall struct {
	Construct constructs.Construct
	ACL       awswafv2.CfnWebACL
}

// NewWebFirewall makes the firewall and its log, in which the key's header is
// left out.
func NewWebFirewall(scope constructs.Construct, id string, props *WebFirewallProps) *WebFirewall {
	c := &check{part: "WebFirewall"}
	c.name(props.Name, 1, 128, "A-Za-z0-9_-", "Name")
	c.given(props.API != nil, "API")
	c.between(props.RatePer5Minutes, 10, 2_000_000_000, "RatePer5Minutes")
	c.retention(props.LogRetentionDays, "LogRetentionDays")
	c.removal(props.Removal)
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	rules := []*awswafv2.CfnWebACL_RuleProperty{
		rateRule(props),
		managedRule(props, 1, "AWSManagedRulesAmazonIpReputationList"),
		managedRule(props, 2, "AWSManagedRulesKnownBadInputsRuleSet"),
		// An event may say anything: bodies are data, stored with parameters and
		// never shown as a page. What these rules find in one is counted only.
		managedRule(props, 3, "AWSManagedRulesCommonRuleSet", "SizeRestrictions_BODY", "CrossSiteScripting_BODY",
			"GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"),
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
		Name: "aws-waf-logs-" + props.Name, RetentionDays: props.LogRetentionDays, Removal: props.Removal,
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
	})
	return &WebFirewall{Construct: this, ACL: acl}
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

func managedRule(props *WebFirewallProps, priority int, name string, counted ...string) *awswafv2.CfnWebACL_RuleProperty {
	group := &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{VendorName: text("AWS"), Name: text(name)}
	if len(counted) > 0 {
		var overrides []*awswafv2.CfnWebACL_RuleActionOverrideProperty
		for _, rule := range counted {
			overrides = append(overrides, &awswafv2.CfnWebACL_RuleActionOverrideProperty{
				Name: text(rule), ActionToUse: &awswafv2.CfnWebACL_RuleActionProperty{Count: &awswafv2.CfnWebACL_CountActionProperty{}},
			})
		}
		group.RuleActionOverrides = &overrides
	}
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: text(name), Priority: number(priority),
		OverrideAction:   &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
		Statement:        &awswafv2.CfnWebACL_StatementProperty{ManagedRuleGroupStatement: group},
		VisibilityConfig: visibility(props.Name + "-" + name),
	}
}

func visibility(metric string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: jsii.Bool(true), SampledRequestsEnabled: jsii.Bool(true), MetricName: text(metric),
	}
}
