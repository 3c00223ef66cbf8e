package stack

import (
	"encoding/json"
	"fmt"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
)

// addClients makes the keys of the stage's clients, where callers show some.
func (p *Pipeline) addClients() {
	s := p.stage
	if s.API.Authorization != stage.APIKey || len(s.API.Clients) == 0 {
		return
	}
	scope := constructs.NewConstruct(p.Stack, jsii.String("Clients"))
	for _, name := range s.API.ClientNames() {
		c := s.API.Clients[name]
		p.Clients[name] = construct.NewAPIClient(scope, name, &construct.APIClientProps{
			Named: func(key string) string {
				if key == "" {
					return s.Named(name)
				}
				return s.Named(name + "-" + key)
			},
			Keys: c.Keys, RatePerSecond: c.RatePerSecond, Burst: c.Burst,
		})
	}
}

// keyID is the id of an API key of a client.
func (p *Pipeline) keyID(client, key string) string { return *p.Clients[client].Keys[key].Ref() }

// clients are those that show keys, in the order of their names.
func (p *Pipeline) clients() []*construct.APIClient {
	var out []*construct.APIClient
	for _, name := range p.stage.API.ClientNames() {
		if client := p.Clients[name]; client != nil {
			out = append(out, client)
		}
	}
	return out
}

// clientKeyIDs is a JSON object with the id of each key, by client and key, such as
// orders-a.
func (p *Pipeline) clientKeyIDs() string {
	ids := map[string]string{}
	for name, client := range p.Clients {
		for key := range client.Keys {
			ids[name+"-"+key] = p.keyID(name, key)
		}
	}
	raw, err := json.Marshal(ids)
	if err != nil {
		panic(fmt.Sprintf("the ids of the API keys: %v", err)) // texts by texts
	}
	return string(raw)
}
