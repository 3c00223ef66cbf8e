package construct

import "testing"

func clientProps() APIClientProps {
	return APIClientProps{Named: func(key string) string { return "orders" + key }, Keys: []string{"a"}, RatePerSecond: 10, Burst: 20}
}

func TestAPIClient_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = APIClientProps
	stack := newStack(t)
	refuses(t, "APIClient", clientProps, func(props *p) { NewAPIClient(stack, "Client", props) },
		wrong[p]{func(p *p) { p.Named = nil }, "Named is required"},
		wrong[p]{func(p *p) { p.Keys = nil }, "Keys must be 1 to 2, got 0"},
		wrong[p]{func(p *p) { p.Keys = []string{"a", "b", "c"} }, "Keys must be 1 to 2, got 3"},
		wrong[p]{func(p *p) { p.RatePerSecond = 0 }, "RatePerSecond must be 1 to 10000, got 0"},
		wrong[p]{func(p *p) { p.Burst = 5001 }, "Burst must be 1 to 5000, got 5001"})
}

func TestEventAPI_takes_clients_that_show_keys_and_send_no_more_than_it_takes(t *testing.T) {
	type p = EventAPIProps
	stack := newStack(t)
	props := clientProps()
	client := NewAPIClient(stack, "Client", &props)
	refuses(t, "EventAPI", func() p {
		api := apiProps(stack)
		api.Clients = []*APIClient{client}
		return api
	}, func(props *p) { NewEventAPI(stack, "API", props) },
		wrong[p]{func(p *p) { p.Authorization = IAM }, "Clients must be none with Authorization iam: they have keys"},
		wrong[p]{func(p *p) { p.RatePerSecond = 9 }, "Clients[0].RatePerSecond must be at most 9 (RatePerSecond), got 10"},
		wrong[p]{func(p *p) { p.Burst = 19 }, "Clients[0].Burst must be at most 19 (Burst), got 20"})
}

func TestEventAPI_with_clients_has_no_other_key(t *testing.T) {
	stack := newStack(t)
	client, props := clientProps(), apiProps(stack)
	client.Keys = []string{"a", "b"}
	props.Clients = []*APIClient{NewAPIClient(stack, "Client", &client)}
	if api := NewEventAPI(stack, "API", &props); api.Key != nil {
		t.Errorf("the key is %v", api.Key)
	}
	made := templateOf(stack)
	made.count(t, "AWS::ApiGateway::ApiKey", 2)
	made.count(t, "AWS::ApiGateway::UsagePlanKey", 2)
	made.count(t, "AWS::ApiGateway::UsagePlan", 1)
	made.has(t, "AWS::ApiGateway::UsagePlan", map[string]any{"UsagePlanName": "orders", "Throttle": map[string]any{"RateLimit": 10, "BurstLimit": 20}})
}
