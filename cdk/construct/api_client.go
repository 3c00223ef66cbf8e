package construct

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// APIClientProps describes one who calls the API with keys of its own.
type APIClientProps struct {
	// Named returns the name of the usage plan, for "", and of a key, for its name among
	// Keys: each 1 to 1024 characters.
	Named func(key string) string
	// Keys are the names of one or two keys: two while one replaces the other.
	Keys []string
	// RatePerSecond is how many requests each key may send in the long run, 1 to 10000,
	// and Burst how many at once, 1 to 5000.
	RatePerSecond, Burst int
}

// APIClient has the keys of a client. They name no API, unlike those that the CDK makes
// for one: the functions behind the API know clients by the ids of their keys, and so
// come after them. EventAPIProps takes it into the API, with a usage plan of its own.
//
// A usage plan throttles each of its keys by itself, and as well as it can: "Usage plans
// and API keys for REST APIs",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
type APIClient struct {
	Construct constructs.Construct
	Keys      map[string]awsapigateway.CfnApiKey // by their names

	holders map[string]constructs.Construct // of what belongs to a key
	props   APIClientProps
}

// NewAPIClient makes the keys. API Gateway makes up their values.
func NewAPIClient(scope constructs.Construct, id string, props *APIClientProps) *APIClient {
	c := &check{part: "APIClient"}
	c.given(props.Named != nil, "Named")
	c.between(len(props.Keys), 1, 2, "Keys")
	c.between(props.RatePerSecond, 1, 10_000, "RatePerSecond")
	c.between(props.Burst, 1, 5_000, "Burst")
	c.done()

	a := &APIClient{
		Construct: constructs.NewConstruct(scope, text(id)), props: *props,
		Keys: map[string]awsapigateway.CfnApiKey{}, holders: map[string]constructs.Construct{},
	}
	for _, name := range props.Keys {
		a.holders[name] = constructs.NewConstruct(a.Construct, text(name))
		a.Keys[name] = awsapigateway.NewCfnApiKey(a.holders[name], text("Key"), &awsapigateway.CfnApiKeyProps{
			Name: text(props.Named(name)), Description: text("Of a client: see api.clients of the stage"), Enabled: jsii.Bool(true),
		})
	}
	return a
}

// admit lets the keys call the API, as often as the client may.
func (a *APIClient) admit(api awsapigateway.RestApi) {
	plan := awsapigateway.NewCfnUsagePlan(a.Construct, text("Plan"), &awsapigateway.CfnUsagePlanProps{
		UsagePlanName: text(a.props.Named("")),
		Throttle:      &awsapigateway.CfnUsagePlan_ThrottleSettingsProperty{RateLimit: number(a.props.RatePerSecond), BurstLimit: number(a.props.Burst)},
		ApiStages: &[]any{&awsapigateway.CfnUsagePlan_ApiStageProperty{
			ApiId: api.RestApiId(), Stage: api.DeploymentStage().StageName(),
		}},
	})
	for _, name := range slices.Sorted(maps.Keys(a.Keys)) {
		awsapigateway.NewCfnUsagePlanKey(a.holders[name], text("PlanKey"), &awsapigateway.CfnUsagePlanKeyProps{
			KeyId: a.Keys[name].Ref(), KeyType: text("API_KEY"), UsagePlanId: plan.Ref(),
		})
	}
}

// checkClients says what is wrong with the clients of an API.
func (p *EventAPIProps) checkClients(c *check) {
	c.require(len(p.Clients) == 0 || p.Authorization == APIKey, "Clients", "must be none with Authorization %s: they have keys", p.Authorization)
	for i, client := range p.Clients {
		field := fmt.Sprintf("Clients[%d]", i)
		c.require(client.props.RatePerSecond <= p.RatePerSecond, field+".RatePerSecond", "must be at most %d (RatePerSecond), got %d", p.RatePerSecond, client.props.RatePerSecond)
		c.require(client.props.Burst <= p.Burst, field+".Burst", "must be at most %d (Burst), got %d", p.Burst, client.props.Burst)
	}
}
