package terraform

func waf() []mapping {
	return []mapping{
		webACL(),
		{
			cloudformation: "AWS::WAFv2::WebACLAssociation", terraform: "aws_wafv2_web_acl_association",
			nouns: []string{"Association"},
			properties: []property{
				{from: "ResourceArn", to: "resource_arn"},
				{from: "WebACLArn", to: "web_acl_arn"},
			},
		},
		{
			cloudformation: "AWS::WAFv2::LoggingConfiguration", terraform: "aws_wafv2_web_acl_logging_configuration",
			nouns: []string{"Logging"},
			properties: []property{
				{from: "ResourceArn", to: "resource_arn"},
				{from: "LogDestinationConfigs", to: "log_destination_configs"},
				{from: "RedactedFields[].SingleHeader.Name", to: "redacted_fields[].single_header{}.name"},
			},
		},
	}
}

func webACL() mapping {
	const (
		group    = "Rules[].Statement.ManagedRuleGroupStatement."
		rate     = "Rules[].Statement.RateBasedStatement."
		toGroup  = "rule[].statement{}.managed_rule_group_statement{}."
		toRate   = "rule[].statement{}.rate_based_statement{}."
		override = "RuleActionOverrides[]."
	)
	return mapping{
		cloudformation: "AWS::WAFv2::WebACL", terraform: "aws_wafv2_web_acl",
		nouns:      []string{"ACL"},
		attributes: map[string]string{"Arn": "arn"},
		properties: []property{
			{from: "Name", to: "name"},
			{from: "Scope", to: "scope"},
			tagged(),
			{from: "DefaultAction.Allow", to: "default_action{}.allow{}", write: "block"},
			{from: "VisibilityConfig.CloudWatchMetricsEnabled", to: "visibility_config{}.cloudwatch_metrics_enabled"},
			{from: "VisibilityConfig.MetricName", to: "visibility_config{}.metric_name"},
			{from: "VisibilityConfig.SampledRequestsEnabled", to: "visibility_config{}.sampled_requests_enabled"},
			{from: "Rules[].Name", to: "rule[].name"},
			{from: "Rules[].Priority", to: "rule[].priority"},
			{from: "Rules[].Action.Block", to: "rule[].action{}.block{}", write: "block"},
			{from: "Rules[].OverrideAction.None", to: "rule[].override_action{}.none{}", write: "block"},
			{from: rate + "AggregateKeyType", to: toRate + "aggregate_key_type"},
			{from: rate + "EvaluationWindowSec", to: toRate + "evaluation_window_sec"},
			{from: rate + "Limit", to: toRate + "limit"},
			{from: group + "Name", to: toGroup + "name"},
			{from: group + "VendorName", to: toGroup + "vendor_name"},
			{from: group + override + "Name", to: toGroup + "rule_action_override[].name"},
			{from: group + override + "ActionToUse.Count", to: toGroup + "rule_action_override[].action_to_use{}.count{}", write: "block"},
			{from: "Rules[].VisibilityConfig.CloudWatchMetricsEnabled", to: "rule[].visibility_config{}.cloudwatch_metrics_enabled"},
			{from: "Rules[].VisibilityConfig.MetricName", to: "rule[].visibility_config{}.metric_name"},
			{from: "Rules[].VisibilityConfig.SampledRequestsEnabled", to: "rule[].visibility_config{}.sampled_requests_enabled"},
		},
	}
}
