package catalog

import (
	"regexp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// ClientsVariable has the clients of a stage by their names, ClientKeys is a local value
// with the owner of each of their keys, by client and key, such as orders-a.
const (
	ClientsVariable = "api_clients"
	ClientKeys      = "client_keys"
)

// Each is a resource of which a stage has one for each client, or each key of one. Its
// construct path has their names; Key has stars for them.
type Each struct {
	path *regexp.Regexp // with a group for the client, and one for its key
	Key  string
	Of   hcl.Value // the for_each
}

// The keys of the resources of clients.
const (
	ClientPlan    = "Pipeline/Clients/*/Plan"
	ClientKey     = "Pipeline/Clients/*/*/Key"
	ClientPlanKey = "Pipeline/Clients/*/*/PlanKey"
)

func each() []Each {
	return []Each{
		{regexp.MustCompile(`^Pipeline/Clients/([^/]+)/Plan$`), ClientPlan, hcl.ForEach{
			Names: "name, client", In: hcl.Variable(ClientsVariable), Key: hcl.Keyword("name"), Value: hcl.Keyword("client"),
			If: hcl.Op(hcl.Func("length", ofClient("keys")), ">", hcl.Number(0)),
		}.Expression()},
		{regexp.MustCompile(`^Pipeline/Clients/([^/]+)/([^/]+)/Key$`), ClientKey, hcl.Local(ClientKeys)},
		{regexp.MustCompile(`^Pipeline/Clients/([^/]+)/([^/]+)/PlanKey$`), ClientPlanKey, hcl.Local(ClientKeys)},
	}
}

// EachOf returns the entry for a construct path, the client's name and that of its key,
// which is empty for what a client has one of; nil for what is not there for each.
func (c Catalog) EachOf(path string) (each *Each, client, key string) {
	for i, e := range c.Each {
		if match := e.path.FindStringSubmatch(path); match != nil {
			if len(match) > 2 {
				key = match[2]
			}
			return &c.Each[i], match[1], key
		}
	}
	return nil, "", ""
}

// EachBy returns the entry whose resources have the key, nil for none.
func (c Catalog) EachBy(key string) *Each {
	for i, e := range c.Each {
		if e.Key == key {
			return &c.Each[i]
		}
	}
	return nil
}

// EachKey and EachValue are what a resource that is there for each knows of its own.
func EachKey() hcl.Value { return hcl.Attribute{Of: hcl.Keyword("each"), Name: "key"} }

// EachValue is the client's settings, or the name of the key's owner.
func EachValue() hcl.Value { return hcl.Attribute{Of: hcl.Keyword("each"), Name: "value"} }

func ofClient(attribute string) hcl.Value {
	return hcl.Attribute{Of: hcl.Keyword("client"), Name: attribute}
}

// OwnersOfKeys is the value of the local value ClientKeys.
func OwnersOfKeys() hcl.Value {
	ofOne := hcl.ForEach{Names: "key", In: ofClient("keys"), Key: template.Join(hcl.Keyword("name"), "-", hcl.Keyword("key")), Value: hcl.Keyword("name")}
	ofAll := hcl.ForEach{Names: "name, client", In: hcl.Variable(ClientsVariable), Value: ofOne.Expression()}
	return hcl.Func("merge", hcl.Spread(ofAll.Expression()))
}

// KeyIDs are the ids of the keys, by client and key.
func KeyIDs(id func(which hcl.Value) hcl.Value) hcl.Value {
	return hcl.ForEach{Names: "key, owner", In: hcl.Local(ClientKeys), Key: hcl.Keyword("key"), Value: id(hcl.Keyword("key"))}.Expression()
}

// ToldClients is what a function is told of the clients, where there are some. ID is the
// id of a key; nil where no client has any.
func ToldClients(id func(which hcl.Value) hcl.Value) hcl.Value {
	callers := hcl.Func("compact", template.List{ofClient("caller")})
	if id != nil {
		callers = hcl.Func("concat", hcl.ForEach{
			Names: "key, owner", In: hcl.Local(ClientKeys), Value: id(hcl.Keyword("key")), If: hcl.Op(hcl.Keyword("owner"), "==", hcl.Keyword("name")),
		}.Expression(), callers)
	}
	told := hcl.ForEach{Names: "name, client", In: hcl.Variable(ClientsVariable), Key: hcl.Keyword("name"), Value: template.Object{
		"callers": callers, "reads": ofClient("reads"),
	}}
	return template.Conditional{
		If:   hcl.Op(hcl.Func("length", hcl.Variable(ClientsVariable)), ">", hcl.Number(0)),
		Then: hcl.Func("jsonencode", told.Expression()),
	}
}

// clientType is what the variable says of each client.
func clientType() hcl.Value {
	return hcl.Func("object", hcl.Fields{
		{Name: "rate_per_second", Value: hcl.Keyword(Number)}, {Name: "burst", Value: hcl.Keyword(Number)},
		{Name: "keys", Value: Strings.Type()}, {Name: "reads", Value: hcl.Keyword(String)}, {Name: "caller", Value: hcl.Keyword(String)},
	})
}

// callerVariables say who calls the API.
func callerVariables() []Variable {
	key := Variable{
		Name: "api_key", Kind: Bool, Description: "Whether callers of the API show a key of a usage plan; else they sign with their IAM identity.",
		Has: []Place{{"Pipeline/API/API/Default/events/POST/Resource", "ApiKeyRequired"}},
	}
	general := toggle("api_general_key", "Whether the API has a key of its own, which is no client's.", "Pipeline/API/API/Key/*", "Pipeline/API/API/Plan/*")
	general.Tacit = true
	named := hcl.Func("alltrue", hcl.ForEach{
		Names: "name", In: hcl.Func("keys", hcl.Variable(ClientsVariable)), Value: matching("^[a-z][a-z0-9-]{0,31}$", hcl.Keyword("name")),
	}.Expression())
	clients := validated(ClientsVariable, Clients, "Who owns what it sends, by name; {} for a stage in which every caller is the same. "+
		"With api_key a client has keys, by their names, and each may send so many requests; else both numbers are 0, and it has a caller: "+
		"arn:aws:sts::ACCOUNT:assumed-role/NAME of a role, or ISSUER#SUBJECT of its tokens. It reads own or all events.",
		named, "have names of 1 to 32 of a-z 0-9 -, a letter first",
		hcl.Fields{{Name: "Orders", Value: hcl.Fields{
			{Name: "rate_per_second", Value: hcl.Number(1)}, {Name: "burst", Value: hcl.Number(1)}, {Name: "keys", Value: hcl.Row{"a"}},
			{Name: "reads", Value: "own"}, {Name: "caller", Value: ""},
		}}})
	token := func(variable Glob) Place {
		return Place{"Pipeline/Authorize/Function/Resource", "Environment.Variables." + variable}
	}
	return []Variable{
		key, general, clients,
		toggle("api_jwt", "Whether callers of the API bring a JSON Web Token of an issuer.", "Pipeline/Authorize/*", "Pipeline/API/Tokens/*"),
		optionalText("api_jwt_issuer", "Whose tokens are taken, as they have it in iss; null without api_jwt.", "^https://.", "an https URL", "http://login.example.com",
			token("JWT_ISSUER")),
		optionalText("api_jwt_audience", "What tokens have in aud; null without api_jwt.", ".", "some text", "", token("JWT_AUDIENCE")),
	}
}
