package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsxray"
	"github.com/aws/constructs-go/constructs/v10"
)

// TraceSamplingProps says how many of an API's requests are traced.
type TraceSamplingProps struct {
	// Name of the rule has 1 to 32 of A-Z a-z 0-9 _ -.
	Name string
	// APIName and StageName are those of the API.
	APIName, StageName string
	// Percent of the requests is traced: 1 to 100.
	Percent int
}

// samplingPriority is that of the rule among those of the account, of which the first
// that matches decides; the default rule's is 10000.
const samplingPriority = 1000

// NewTraceSampling makes the rule by which API Gateway decides what X-Ray records of
// a request. It decides for the functions behind it too, since they follow the
// decision in the request's header: Lambda asks no rule itself. There is no reservoir,
// by which the first request of each second would always be traced: below one a
// second that is nearly all of them.
//
// Configure AWS X-Ray sampling rules for API Gateway APIs
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-configuring-xray-sampling-rules.html
// Configuring sampling rules
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
func NewTraceSampling(scope constructs.Construct, id string, props *TraceSamplingProps) {
	c := &check{part: "TraceSampling"}
	c.name(props.Name, 1, 32, "A-Za-z0-9_-", "Name")
	c.given(props.APIName != "", "APIName")
	c.given(props.StageName != "", "StageName")
	c.between(props.Percent, 1, 100, "Percent")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	awsxray.NewCfnSamplingRule(this, text("Rule"), &awsxray.CfnSamplingRuleProps{
		SamplingRule: &awsxray.CfnSamplingRule_SamplingRuleProperty{
			RuleName: text(props.Name), Version: number(1), Priority: number(samplingPriority),
			FixedRate: number(float64(props.Percent) / 100), ReservoirSize: number(0),
			ServiceName: text(props.APIName + "/" + props.StageName), ServiceType: text("AWS::ApiGateway::Stage"),
			Host: text("*"), HttpMethod: text("*"), UrlPath: text("*"), ResourceArn: text("*"),
		},
	})
}
