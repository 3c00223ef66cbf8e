package emulated_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func readAlarm(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.watch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	if len(found.MetricAlarms) != 1 {
		return nil, errNotThere
	}
	return c.withWatchTags(ctx, found.MetricAlarms[0].AlarmArn, found.MetricAlarms[0])
}

func readCompositeAlarm(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.watch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
		AlarmNames: []string{r.ID}, AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm},
	})
	if err != nil {
		return nil, err
	}
	if len(found.CompositeAlarms) != 1 {
		return nil, errNotThere
	}
	return c.withWatchTags(ctx, found.CompositeAlarms[0].AlarmArn, found.CompositeAlarms[0])
}

func readDashboard(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.watch.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return c.withWatchTags(ctx, found.DashboardArn, found)
}

func (c *cloud) withWatchTags(ctx context.Context, arn *string, about any) (object, error) {
	tags, err := c.watch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: arn})
	if err != nil {
		return nil, err
	}
	return said(about, object{"Tags": tags.Tags})
}
