package stage

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Reads says whose events a client may read.
type Reads string

// The two: what the client itself sent, and everything.
const (
	ReadsOwn Reads = config.ReadsOwn
	ReadsAll Reads = config.ReadsAll
)

// Client is one who calls the API under a name, and owns what it sends.
//
// With the authorization APIKey it has one or two Keys, by their names, and each of them
// may send RatePerSecond requests in the long run and Burst at once. Otherwise it is
// known by its Caller: with IAM the ARN of a role, with JWT the subject of its tokens.
// Then nothing but the API's own limits bounds it, and both numbers are zero: a usage
// plan counts requests by their key ("Usage plans and API keys for REST APIs",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html).
type Client struct {
	RatePerSecond int      `yaml:"rate_per_second"`
	Burst         int      `yaml:"burst"`
	Keys          []string `yaml:"keys"`
	Reads         Reads    `yaml:"reads"`
	Caller        string   `yaml:"caller"`
}

const (
	mostClients = 30
	// ClientsBytes is how long the text may be that tells a function the clients. All
	// variables of a function have 4 KB together, and the others of ours about 700 bytes
	// ("Lambda quotas", https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
	ClientsBytes = 3_000
	// keyIDBytes is the length of the id of an API key.
	keyIDBytes = 10
	// subjectBytes is how long the subject of a token may be ("ID Token", sub,
	// https://openid.net/specs/openid-connect-core-1_0.html#IDToken).
	subjectBytes = 255
)

var (
	keyPattern  = regexp.MustCompile(`^[a-z0-9]{1,16}$`)
	rolePattern = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):role/([!-~]+/)?[\w+=,.@-]{1,64}$`)
)

// ClientNames returns the names in their order.
func (a API) ClientNames() []string { return slices.Sorted(maps.Keys(a.Clients)) }

// Known returns what the functions are told of the clients: who the callers of each are,
// as API Gateway names them, and what it reads. KeyID is the id of an API key of a client.
func (a API) Known(keyID func(client, key string) string) config.Known {
	known := config.Known{}
	for name, c := range a.Clients {
		one := config.Client{Reads: string(c.Reads)}
		for _, key := range slices.Sorted(slices.Values(c.Keys)) {
			one.Callers = append(one.Callers, keyID(name, key))
		}
		if caller := a.caller(c); caller != "" {
			one.Callers = append(one.Callers, caller)
		}
		if known.Clients == nil {
			known.Clients = config.Clients{}
		}
		known.Clients[name] = one
	}
	return known
}

// caller is whom the functions see, empty for one who shows a key. A role's sessions
// have its name without its path ("IAM identifiers",
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
func (a API) caller(c Client) string {
	switch role := rolePattern.FindStringSubmatch(c.Caller); {
	case a.Authorization == JWT && c.Caller != "":
		return contract.TokenCaller(a.JWT.Issuer, c.Caller)
	case a.Authorization == IAM && role != nil:
		return "arn:" + role[1] + ":sts::" + role[2] + ":assumed-role/" + path.Base(c.Caller)
	default:
		return ""
	}
}

func (a API) checkClients(l *faultList) {
	l.require(len(a.Clients) <= mostClients, "api.clients", "must be at most %d, got %d", mostClients, len(a.Clients))
	owners := map[string]string{}
	for _, name := range a.ClientNames() {
		field, c := "api.clients."+name, a.Clients[name]
		l.require(contract.ValidClient(name), field, "must be called by 1 to %d of a-z 0-9 -, a letter first", contract.ClientLimit)
		oneOf(l, c.Reads, field+".reads", ReadsOwn, ReadsAll)
		if a.Authorization == APIKey {
			a.checkKeys(l, field, c)
			continue
		}
		a.checkCaller(l, field, c)
		caller := a.caller(c)
		l.require(caller == "" || owners[caller] == "", field+".caller", "must be of one client, and %s has it too: %q", owners[caller], c.Caller)
		owners[caller] = name
	}
	text := a.Known(func(string, string) string { return strings.Repeat("k", keyIDBytes) }).Clients.String()
	l.require(len(text) <= ClientsBytes, "api.clients", "must fit into %d bytes of the functions' environment, got %d: take fewer clients, or shorter names and callers", ClientsBytes, len(text))
}

func (a API) checkKeys(l *faultList, field string, c Client) {
	l.between(c.RatePerSecond, 1, a.RatePerSecond, field+".rate_per_second")
	l.between(c.Burst, 1, a.Burst, field+".burst")
	good := !slices.ContainsFunc(c.Keys, func(key string) bool { return !keyPattern.MatchString(key) })
	distinct := len(c.Keys) == 1 || len(c.Keys) == 2 && c.Keys[0] != c.Keys[1]
	l.require(good && distinct, field+".keys", "must be one or two different names of 1 to 16 of a-z 0-9, such as [a], or [a, b] while a key is replaced, got %q", c.Keys)
	l.require(c.Caller == "", field+".caller", "must be empty where api.authorization is %s: the client is known by its keys, got %q", a.Authorization, c.Caller)
}

func (a API) checkCaller(l *faultList, field string, c Client) {
	const unbounded = "must be 0 where api.authorization is %s, got %d: API Gateway bounds a caller by its API key alone, and there is none"
	l.require(c.RatePerSecond == 0, field+".rate_per_second", unbounded, a.Authorization, c.RatePerSecond)
	l.require(c.Burst == 0, field+".burst", unbounded, a.Authorization, c.Burst)
	l.require(len(c.Keys) == 0, field+".keys", "must be empty where api.authorization is %s, got %q", a.Authorization, c.Keys)
	if a.Authorization == IAM {
		l.require(rolePattern.MatchString(c.Caller), field+".caller", "must be the ARN of a role, such as arn:aws:iam::123456789012:role/orders, got %q", c.Caller)
		return
	}
	l.require(c.Caller != "" && len(c.Caller) <= subjectBytes, field+".caller", "must be what its tokens have in sub, 1 to %d bytes, got %q", subjectBytes, c.Caller)
}
