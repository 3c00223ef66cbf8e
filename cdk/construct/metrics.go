package construct

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
)

func minute() awscdk.Duration { return awscdk.Duration_Minutes(number(1)) }

// perMinute are the options of every metric; an empty label is CloudWatch's own.
func perMinute(statistic, label string) *awscloudwatch.MetricOptions {
	options := &awscloudwatch.MetricOptions{Statistic: text(statistic), Period: minute()}
	if label != "" {
		options.Label = text(label)
	}
	return options
}

// percent is part of whole in percent, and nothing while there is nothing.
func percent(label string, part, whole awscloudwatch.IMetric) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: text("IF(whole > 0, 100 * part / whole, 0)"), Label: text(label + ", %"), Period: minute(),
		UsingMetrics: &map[string]awscloudwatch.IMetric{"part": part, "whole": whole},
	})
}

// hourly is a metric by the hour.
func hourly(metric awscloudwatch.Metric) awscloudwatch.Metric {
	return metric.With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Hours(number(1))})
}

// filled is a metric by the hour, under an id, and a value for an hour that has none.
func filled(label, id string, metric awscloudwatch.Metric, value int) awscloudwatch.MathExpression {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: text(fmt.Sprintf("FILL(%s, %d)", id, value)), Label: text(label), Period: awscdk.Duration_Hours(number(1)),
		UsingMetrics: &map[string]awscloudwatch.IMetric{id: hourly(metric)},
	})
}
