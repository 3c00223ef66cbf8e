package terraform

func logs() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::Logs::LogGroup", terraform: "aws_cloudwatch_log_group",
			nouns: []string{"Log"},
			// CloudFormation's ARN covers the streams; the provider's leaves that to its user.
			attributes: map[string]string{"Ref": "name", "Arn": "arn|:*", "@Arn": "arn"},
			properties: []property{
				{from: "LogGroupName", to: "name"},
				{from: "RetentionInDays", to: "retention_in_days"},
				{from: "@Retain", to: "skip_destroy"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::Logs::QueryDefinition", terraform: "aws_cloudwatch_query_definition",
			properties: []property{
				{from: "Name", to: "name"},
				{from: "LogGroupNames", to: "log_group_names"},
				{from: "QueryString", to: "query_string", write: "lines"},
			},
		},
	}
}

func cloudWatch() []mapping {
	return []mapping{
		metricAlarm(),
		{
			cloudformation: "AWS::CloudWatch::CompositeAlarm", terraform: "aws_cloudwatch_composite_alarm",
			attributes: map[string]string{"Ref": "alarm_name", "Arn": "arn"},
			properties: []property{
				{from: "AlarmName", to: "alarm_name"},
				{from: "AlarmDescription", to: "alarm_description"},
				{from: "AlarmRule", to: "alarm_rule"},
				{from: "AlarmActions", to: "alarm_actions"},
				{from: "OKActions", to: "ok_actions"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::CloudWatch::Dashboard", terraform: "aws_cloudwatch_dashboard",
			properties: []property{
				{from: "DashboardName", to: "dashboard_name"},
				{from: "DashboardBody", to: "dashboard_body", read: "json", write: "json"},
				{from: "Tags", left: "the provider's dashboard has no tags"},
			},
		},
	}
}

func metricAlarm() mapping {
	return mapping{
		cloudformation: "AWS::CloudWatch::Alarm", terraform: "aws_cloudwatch_metric_alarm",
		attributes: map[string]string{"Ref": "alarm_name", "Arn": "arn"},
		properties: []property{
			{from: "AlarmName", to: "alarm_name"},
			{from: "AlarmDescription", to: "alarm_description"},
			{from: "Namespace", to: "namespace"},
			{from: "MetricName", to: "metric_name"},
			{from: "Dimensions", to: "dimensions", read: "pairs"},
			{from: "Statistic", to: "statistic"},
			{from: "Period", to: "period"},
			{from: "ComparisonOperator", to: "comparison_operator"},
			{from: "Threshold", to: "threshold"},
			{from: "EvaluationPeriods", to: "evaluation_periods"},
			{from: "DatapointsToAlarm", to: "datapoints_to_alarm"},
			{from: "TreatMissingData", to: "treat_missing_data"},
			{from: "AlarmActions", to: "alarm_actions"},
			{from: "OKActions", to: "ok_actions"},
			tagged(),
			{from: "Metrics[].Id", to: "metric_query[].id"},
			{from: "Metrics[].Label", to: "metric_query[].label"},
			{from: "Metrics[].Expression", to: "metric_query[].expression"},
			{from: "Metrics[].ReturnData", to: "metric_query[].return_data"},
			{from: "Metrics[].MetricStat.Metric.Namespace", to: "metric_query[].metric{}.namespace"},
			{from: "Metrics[].MetricStat.Metric.MetricName", to: "metric_query[].metric{}.metric_name"},
			{from: "Metrics[].MetricStat.Metric.Dimensions", to: "metric_query[].metric{}.dimensions", read: "pairs"},
			{from: "Metrics[].MetricStat.Period", to: "metric_query[].metric{}.period"},
			{from: "Metrics[].MetricStat.Stat", to: "metric_query[].metric{}.stat"},
		},
	}
}

func xray() []mapping {
	return []mapping{{
		cloudformation: "AWS::XRay::Group", terraform: "aws_xray_group",
		nouns: []string{"Group"},
		properties: []property{
			{from: "GroupName", to: "group_name"},
			{from: "FilterExpression", to: "filter_expression"},
			tagged(),
		},
	}}
}

func codeDeploy() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::CodeDeploy::Application", terraform: "aws_codedeploy_app",
			nouns:      []string{"Application"},
			attributes: map[string]string{"Ref": "name"},
			properties: []property{
				{from: "ApplicationName", to: "name"},
				{from: "ComputePlatform", to: "compute_platform"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::CodeDeploy::DeploymentGroup", terraform: "aws_codedeploy_deployment_group",
			nouns:      []string{"Canary", "Release"},
			attributes: map[string]string{"Ref": "deployment_group_name"},
			properties: []property{
				{from: "ApplicationName", to: "app_name"},
				{from: "DeploymentGroupName", to: "deployment_group_name"},
				{from: "DeploymentConfigName", to: "deployment_config_name"},
				{from: "ServiceRoleArn", to: "service_role_arn"},
				tagged(),
				{from: "DeploymentStyle.DeploymentOption", to: "deployment_style{}.deployment_option"},
				{from: "DeploymentStyle.DeploymentType", to: "deployment_style{}.deployment_type"},
				{from: "AlarmConfiguration.Enabled", to: "alarm_configuration{}.enabled"},
				{from: "AlarmConfiguration.Alarms", to: "alarm_configuration{}.alarms", read: "names"},
				{from: "AutoRollbackConfiguration.Enabled", to: "auto_rollback_configuration{}.enabled"},
				{from: "AutoRollbackConfiguration.Events", to: "auto_rollback_configuration{}.events"},
			},
		},
	}
}
