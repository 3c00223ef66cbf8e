package construct

import "testing"

func TestTraceSampling_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = TraceSamplingProps
	stack := newStack(t)
	refuses(t, "TraceSampling", func() p { return p{"app", "api", "dev", 5} }, func(props *p) { NewTraceSampling(stack, "Sampling", props) },
		wrong[p]{func(p *p) { p.Name = "" }, `Name must have 1 to 32 characters of A-Za-z0-9_-, got ""`},
		wrong[p]{func(p *p) { p.APIName = "" }, "APIName is required"},
		wrong[p]{func(p *p) { p.StageName = "" }, "StageName is required"},
		wrong[p]{func(p *p) { p.Percent = 0 }, "Percent must be 1 to 100, got 0"},
		wrong[p]{func(p *p) { p.Percent = 101 }, "Percent must be 1 to 100, got 101"})
}

func TestTraceSampling_takes_a_share_of_the_api_s_requests_and_no_first_of_each_second(t *testing.T) {
	stack := newStack(t)
	NewTraceSampling(stack, "Sampling", &TraceSamplingProps{Name: "app", APIName: "api", StageName: "dev", Percent: 5})
	templateOf(stack).has(t, "AWS::XRay::SamplingRule", map[string]any{"SamplingRule": map[string]any{
		"RuleName": "app", "ServiceName": "api/dev", "ServiceType": "AWS::ApiGateway::Stage", "FixedRate": 0.05, "ReservoirSize": 0,
		"Host": "*", "HTTPMethod": "*", "URLPath": "*", "ResourceARN": "*", "Priority": 1000, "Version": 1,
	}})
}
