package checklist

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/fluxa/fluxa/pkg/contract"
)

// CloudWatchClient is what of the AWS SDK's CloudWatch client is needed.
type CloudWatchClient interface {
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// CloudWatch finds the metrics of a deployed stack. They show up some minutes
// after they were emitted.
type CloudWatch struct {
	client CloudWatchClient
	stage  string
	since  time.Time
}

// NewCloudWatch returns a Meter for the stage, which is the metrics' dimension
// Environment. Both arguments are required.
func NewCloudWatch(client CloudWatchClient, stage string) *CloudWatch {
	return &CloudWatch{client: client, stage: stage}
}

// Source names the stage.
func (c *CloudWatch) Source() string { return "CloudWatch, environment " + c.stage }

// Begin notes the minute: CloudWatch sums up by minutes.
func (c *CloudWatch) Begin(context.Context) error {
	c.since = time.Now().UTC().Truncate(time.Minute)
	return nil
}

// Missing asks for the sum of each metric since the minute that Begin noted.
func (c *CloudWatch) Missing(ctx context.Context, wanted []contract.Metric) ([]contract.Metric, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	in := &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(c.since), EndTime: aws.Time(time.Now().UTC().Add(time.Minute)),
	}
	for i, m := range wanted {
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String(fmt.Sprintf("m%d", i)),
			MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: aws.String(m.Namespace), MetricName: aws.String(m.Name), Dimensions: []types.Dimension{
					{Name: aws.String(contract.DimensionService), Value: aws.String(string(contract.FunctionOf(m.Namespace)))},
					{Name: aws.String(contract.DimensionEnvironment), Value: aws.String(c.stage)},
				}},
				Period: aws.Int32(60), Stat: aws.String("Sum"),
			},
		})
	}
	out, err := c.client.GetMetricData(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("ask CloudWatch for the metrics: %w", err)
	}
	seen := map[string]bool{}
	for _, result := range out.MetricDataResults {
		for _, value := range result.Values {
			if value > 0 {
				seen[aws.ToString(result.Id)] = true
			}
		}
	}
	var missing []contract.Metric
	for i, m := range wanted {
		if !seen[fmt.Sprintf("m%d", i)] {
			missing = append(missing, m)
		}
	}
	return missing, nil
}
