package catalog

func logs() []Type {
	return []Type{
		{
			CloudFormation: "AWS::Logs::LogGroup", Terraform: "aws_cloudwatch_log_group",
			Nouns: []string{"Log"},
			// CloudFormation's ARN covers the streams; the provider's leaves that to its user.
			Attributes: map[string]Attribute{"Ref": {Name: "name"}, "Arn": {Name: "arn", Suffix: ":*"}},
			Properties: []Property{
				{From: prop("LogGroupName"), To: Attr("name")},
				{From: prop("RetentionInDays"), To: Attr("retention_in_days")},
				{From: prop("KmsKeyId"), To: Attr("kms_key_id")},
				{From: prop(Retain), To: Attr("skip_destroy")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::Logs::QueryDefinition", Terraform: "aws_cloudwatch_query_definition",
			Properties: []Property{
				{From: prop("Name"), To: Attr("name")},
				{From: prop("LogGroupNames"), To: Attr("log_group_names")},
				{From: prop("QueryString"), To: Attr("query_string"), Write: asLines()},
			},
		},
	}
}

func cloudWatch() []Type {
	return []Type{
		metricAlarm(),
		{
			CloudFormation: "AWS::CloudWatch::CompositeAlarm", Terraform: "aws_cloudwatch_composite_alarm",
			Attributes: map[string]Attribute{"Ref": {Name: "alarm_name"}, "Arn": {Name: "arn"}},
			Properties: []Property{
				{From: prop("AlarmName"), To: Attr("alarm_name")},
				{From: prop("AlarmDescription"), To: Attr("alarm_description")},
				{From: prop("AlarmRule"), To: Attr("alarm_rule")},
				{From: prop("AlarmActions"), To: Attr("alarm_actions")},
				{From: prop("OKActions"), To: Attr("ok_actions")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::CloudWatch::Dashboard", Terraform: "aws_cloudwatch_dashboard",
			Properties: []Property{
				{From: prop("DashboardName"), To: Attr("dashboard_name")},
				{From: prop("DashboardBody"), To: Attr("dashboard_body"), Read: fromJSON(), Write: asJSON()},
				{From: prop("Tags"), Omitted: "the provider's dashboard has no tags"},
			},
		},
	}
}

func metricAlarm() Type {
	return Type{
		CloudFormation: "AWS::CloudWatch::Alarm", Terraform: "aws_cloudwatch_metric_alarm",
		Attributes: map[string]Attribute{"Ref": {Name: "alarm_name"}, "Arn": {Name: "arn"}},
		Properties: []Property{
			{From: prop("AlarmName"), To: Attr("alarm_name")},
			{From: prop("AlarmDescription"), To: Attr("alarm_description")},
			{From: prop("Namespace"), To: Attr("namespace")},
			{From: prop("MetricName"), To: Attr("metric_name")},
			{From: prop("Dimensions"), To: Attr("dimensions"), Read: asPairs()},
			{From: prop("Statistic"), To: Attr("statistic")},
			{From: prop("Period"), To: Attr("period")},
			{From: prop("ComparisonOperator"), To: Attr("comparison_operator")},
			{From: prop("Threshold"), To: Attr("threshold")},
			{From: prop("EvaluationPeriods"), To: Attr("evaluation_periods")},
			{From: prop("DatapointsToAlarm"), To: Attr("datapoints_to_alarm")},
			{From: prop("TreatMissingData"), To: Attr("treat_missing_data")},
			{From: prop("AlarmActions"), To: Attr("alarm_actions")},
			{From: prop("OKActions"), To: Attr("ok_actions")},
			tagged(),
			{From: prop("Metrics").each("Id"), To: Blocks("metric_query").Attr("id")},
			{From: prop("Metrics").each("Label"), To: Blocks("metric_query").Attr("label")},
			{From: prop("Metrics").each("Expression"), To: Blocks("metric_query").Attr("expression")},
			{From: prop("Metrics").each("ReturnData"), To: Blocks("metric_query").Attr("return_data")},
			{From: prop("Metrics").each("MetricStat", "Metric", "Namespace"), To: Blocks("metric_query").Block("metric").Attr("namespace")},
			{From: prop("Metrics").each("MetricStat", "Metric", "MetricName"), To: Blocks("metric_query").Block("metric").Attr("metric_name")},
			{From: prop("Metrics").each("MetricStat", "Metric", "Dimensions"), To: Blocks("metric_query").Block("metric").Attr("dimensions"), Read: asPairs()},
			{From: prop("Metrics").each("MetricStat", "Period"), To: Blocks("metric_query").Block("metric").Attr("period")},
			{From: prop("Metrics").each("MetricStat", "Stat"), To: Blocks("metric_query").Block("metric").Attr("stat")},
		},
	}
}

func xray() []Type {
	return []Type{{
		CloudFormation: "AWS::XRay::Group", Terraform: "aws_xray_group",
		Nouns: []string{"Group"},
		Properties: []Property{
			{From: prop("GroupName"), To: Attr("group_name")},
			{From: prop("FilterExpression"), To: Attr("filter_expression")},
			tagged(),
		},
	}, {
		CloudFormation: "AWS::XRay::SamplingRule", Terraform: "aws_xray_sampling_rule",
		Nouns: []string{"Rule"},
		Properties: []Property{
			{From: prop("SamplingRule", "RuleName"), To: Attr("rule_name")},
			{From: prop("SamplingRule", "Version"), To: Attr("version")},
			{From: prop("SamplingRule", "Priority"), To: Attr("priority")},
			{From: prop("SamplingRule", "FixedRate"), To: Attr("fixed_rate")},
			{From: prop("SamplingRule", "ReservoirSize"), To: Attr("reservoir_size")},
			{From: prop("SamplingRule", "ServiceName"), To: Attr("service_name")},
			{From: prop("SamplingRule", "ServiceType"), To: Attr("service_type")},
			{From: prop("SamplingRule", "Host"), To: Attr("host")},
			{From: prop("SamplingRule", "HTTPMethod"), To: Attr("http_method")},
			{From: prop("SamplingRule", "URLPath"), To: Attr("url_path")},
			{From: prop("SamplingRule", "ResourceARN"), To: Attr("resource_arn")},
			tagged(),
		},
	}}
}
