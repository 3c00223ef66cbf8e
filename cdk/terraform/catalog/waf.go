package catalog

func waf() []Type {
	filters, toFilter := prop("LoggingFilter", "Filters").each(), Block("logging_filter").Blocks("filter")
	return []Type{
		webACL(),
		{
			CloudFormation: "AWS::WAFv2::WebACLAssociation", Terraform: "aws_wafv2_web_acl_association",
			Nouns: []string{"Association"},
			Properties: []Property{
				{From: prop("ResourceArn"), To: Attr("resource_arn")},
				{From: prop("WebACLArn"), To: Attr("web_acl_arn")},
			},
		},
		{
			CloudFormation: "AWS::WAFv2::LoggingConfiguration", Terraform: "aws_wafv2_web_acl_logging_configuration",
			Nouns: []string{"Logging"},
			Properties: []Property{
				{From: prop("ResourceArn"), To: Attr("resource_arn")},
				{From: prop("LogDestinationConfigs"), To: Attr("log_destination_configs")},
				{From: prop("RedactedFields").each("SingleHeader", "Name"), To: Blocks("redacted_fields").Block("single_header").Attr("name")},
				{From: prop("LoggingFilter", "DefaultBehavior"), To: Block("logging_filter").Attr("default_behavior")},
				{From: filters.in("Behavior"), To: toFilter.Attr("behavior")},
				{From: filters.in("Requirement"), To: toFilter.Attr("requirement")},
				{From: filters.in("Conditions").each("ActionCondition", "Action"), To: toFilter.Blocks("condition").Block("action_condition").Attr("action")},
			},
		},
	}
}

func webACL() Type {
	group, rate := prop("Rules").each("Statement", "ManagedRuleGroupStatement"), prop("Rules").each("Statement", "RateBasedStatement")
	toGroup := Blocks("rule").Block("statement").Block("managed_rule_group_statement")
	toRate := Blocks("rule").Block("statement").Block("rate_based_statement")
	return Type{
		CloudFormation: "AWS::WAFv2::WebACL", Terraform: "aws_wafv2_web_acl",
		Nouns:      []string{"ACL"},
		Attributes: map[string]Attribute{"Arn": {Name: "arn"}},
		Properties: []Property{
			{From: prop("Name"), To: Attr("name")},
			{From: prop("Scope"), To: Attr("scope")},
			tagged(),
			{From: prop("DefaultAction", "Allow"), To: Block("default_action").Block("allow"), Write: emptyBlock()},
			{From: prop("VisibilityConfig", "CloudWatchMetricsEnabled"), To: Block("visibility_config").Attr("cloudwatch_metrics_enabled")},
			{From: prop("VisibilityConfig", "MetricName"), To: Block("visibility_config").Attr("metric_name")},
			{From: prop("VisibilityConfig", "SampledRequestsEnabled"), To: Block("visibility_config").Attr("sampled_requests_enabled")},
			{From: prop("Rules").each("Name"), To: Blocks("rule").Attr("name")},
			{From: prop("Rules").each("Priority"), To: Blocks("rule").Attr("priority")},
			{From: prop("Rules").each("Action", "Block"), To: Blocks("rule").Block("action").Block("block"), Write: emptyBlock()},
			{From: prop("Rules").each("OverrideAction", "None"), To: Blocks("rule").Block("override_action").Block("none"), Write: emptyBlock()},
			{From: rate.in("AggregateKeyType"), To: toRate.Attr("aggregate_key_type")},
			{From: rate.in("EvaluationWindowSec"), To: toRate.Attr("evaluation_window_sec")},
			{From: rate.in("Limit"), To: toRate.Attr("limit")},
			{From: group.in("Name"), To: toGroup.Attr("name")},
			{From: group.in("VendorName"), To: toGroup.Attr("vendor_name")},
			{From: group.in("RuleActionOverrides").each("Name"), To: toGroup.Blocks("rule_action_override").Attr("name")},
			{From: group.in("RuleActionOverrides").each("ActionToUse", "Count"), To: toGroup.Blocks("rule_action_override").Block("action_to_use").Block("count"), Write: emptyBlock()},
			{From: prop("Rules").each("VisibilityConfig", "CloudWatchMetricsEnabled"), To: Blocks("rule").Block("visibility_config").Attr("cloudwatch_metrics_enabled")},
			{From: prop("Rules").each("VisibilityConfig", "MetricName"), To: Blocks("rule").Block("visibility_config").Attr("metric_name")},
			{From: prop("Rules").each("VisibilityConfig", "SampledRequestsEnabled"), To: Blocks("rule").Block("visibility_config").Attr("sampled_requests_enabled")},
		},
	}
}
