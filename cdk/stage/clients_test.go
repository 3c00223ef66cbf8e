package stage

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// client is a client of a stage with API keys, as a file states it, with the changes.
func client(c changes) map[string]any {
	out := map[string]any{"rate_per_second": 50, "burst": 100, "keys": []string{"a"}, "reads": "own", "caller": ""}
	maps.Copy(out, c)
	return out
}

// known is a client that is known by its caller.
func known(caller string) map[string]any {
	return client(changes{"rate_per_second": 0, "burst": 0, "keys": []string{}, "caller": caller})
}

// with are the changes that give a stage clients, by what the callers show.
func with(authorization Authorization, clients map[string]any) changes {
	c := changes{"api.authorization": string(authorization), "api.clients": clients}
	if authorization == JWT {
		c["api.jwt.issuer"], c["api.jwt.audience"] = "https://login.example.com", "fluxa"
	}
	return c
}

func TestParse_refuses_clients_that_could_not_be_told_apart(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::123456789012:role/orders"
	many := map[string]any{}
	for i := range 31 {
		many[fmt.Sprintf("client-%d", i)] = client(nil)
	}
	long := map[string]any{}
	for i := range 11 {
		long[fmt.Sprintf("client-%d", i)] = known(fmt.Sprintf("%02d", i) + strings.Repeat("s", 253))
	}
	one := func(c map[string]any) map[string]any { return map[string]any{"orders": c} }
	for name, c := range map[string]struct {
		with changes
		want []string
	}{
		"a name that is none": {with(APIKey, map[string]any{"Orders": client(nil), "9": client(nil), strings.Repeat("n", 33): client(nil)}), []string{
			"api.clients.9 must be called by 1 to 32 of a-z 0-9 -, a letter first",
			"api.clients.Orders must be called by 1 to 32 of a-z 0-9 -, a letter first",
			"api.clients." + strings.Repeat("n", 33) + " must be called by 1 to 32 of a-z 0-9 -, a letter first",
		}},
		"too many":       {with(APIKey, many), []string{"api.clients must be at most 30, got 31"}},
		"too long names": {with(JWT, long), []string{"api.clients must fit into 3000 bytes of the functions' environment, got 3555: take fewer clients, or shorter names and callers"}},
		"what it does not read": {with(APIKey, one(client(changes{"reads": "some"}))), []string{
			`api.clients.orders.reads must be one of ["own" "all"], got "some"`,
		}},
		"more than the API takes": {with(APIKey, one(client(changes{"rate_per_second": 51, "burst": 101}))), []string{
			"api.clients.orders.rate_per_second must be 1 to 50, got 51", "api.clients.orders.burst must be 1 to 100, got 101",
		}},
		"nothing": {with(APIKey, one(client(changes{"rate_per_second": 0, "burst": 0}))), []string{
			"api.clients.orders.rate_per_second must be 1 to 50, got 0", "api.clients.orders.burst must be 1 to 100, got 0",
		}},
		"no key": {with(APIKey, one(client(changes{"keys": []string{}}))), []string{
			"api.clients.orders.keys must be one or two different names of 1 to 16 of a-z 0-9, such as [a], or [a, b] while a key is replaced, got []",
		}},
		"three keys": {with(APIKey, one(client(changes{"keys": []string{"a", "b", "c"}}))), []string{
			`api.clients.orders.keys must be one or two different names of 1 to 16 of a-z 0-9, such as [a], or [a, b] while a key is replaced, got ["a" "b" "c"]`,
		}},
		"one key twice": {with(APIKey, one(client(changes{"keys": []string{"a", "a"}}))), []string{
			`api.clients.orders.keys must be one or two different names of 1 to 16 of a-z 0-9, such as [a], or [a, b] while a key is replaced, got ["a" "a"]`,
		}},
		"a key that would read as another client's": {with(APIKey, one(client(changes{"keys": []string{"eu-a"}}))), []string{
			`api.clients.orders.keys must be one or two different names of 1 to 16 of a-z 0-9, such as [a], or [a, b] while a key is replaced, got ["eu-a"]`,
		}},
		"a key and a role": {with(APIKey, one(client(changes{"caller": role}))), []string{
			`api.clients.orders.caller must be empty where api.authorization is api_key: the client is known by its keys, got "` + role + `"`,
		}},
		"a limit that nobody holds": {with(IAM, one(client(changes{"caller": role}))), []string{
			"api.clients.orders.rate_per_second must be 0 where api.authorization is iam, got 50: API Gateway bounds a caller by its API key alone, and there is none",
			"api.clients.orders.burst must be 0 where api.authorization is iam, got 100: API Gateway bounds a caller by its API key alone, and there is none",
			`api.clients.orders.keys must be empty where api.authorization is iam, got ["a"]`,
		}},
		"a role by its session": {with(IAM, one(known("arn:aws:sts::123456789012:assumed-role/orders/session"))), []string{
			`api.clients.orders.caller must be the ARN of a role, such as arn:aws:iam::123456789012:role/orders, got "arn:aws:sts::123456789012:assumed-role/orders/session"`,
		}},
		"a role of two": {with(IAM, map[string]any{"orders": known(role), "reports": known("arn:aws:iam::123456789012:role/team/orders")}), []string{
			`api.clients.reports.caller must be of one client, and orders has it too: "arn:aws:iam::123456789012:role/team/orders"`,
		}},
		"no subject": {with(JWT, one(known(""))), []string{`api.clients.orders.caller must be what its tokens have in sub, 1 to 255 bytes, got ""`}},
		"a subject of two": {with(JWT, map[string]any{"orders": known("ada"), "reports": known("ada")}), []string{
			`api.clients.reports.caller must be of one client, and orders has it too: "ada"`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("x9", edited(t, "dev", c.with))
			refused(t, err, c.want...)
		})
	}
}

func TestParse_names_what_a_client_lacks_and_has_too_much(t *testing.T) {
	t.Parallel()
	lacking := client(changes{"team": "payments"})
	delete(lacking, "reads")
	for name, c := range map[string]struct {
		clients any
		want    string
	}{
		"a list":    {[]string{"orders"}, "api.clients must hold groups of settings by their names, or be {}"},
		"a text":    {map[string]any{"orders": "own"}, "api.clients.orders must hold settings by their names"},
		"a setting": {map[string]any{"orders": lacking}, "api.clients.orders.reads is missing: every setting is stated in the file\nstage x9: api.clients.orders.team is no setting"},
	} {
		_, err := Parse("x9", edited(t, "dev", changes{"api.clients": c.clients}))
		if err == nil {
			t.Errorf("%s is taken", name)
		} else if got := regexp.MustCompile(` \(line \d+\)`).ReplaceAllString(err.Error(), ""); got != "stage x9: "+c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// A caller is named as functions see it: API Gateway's id of a key, a role without its
// session and path, or the subject that functions/authorize gives.
func TestKnown_names_the_callers_as_the_functions_see_them(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with changes
		want string
	}{
		"none": {nil, "{}"},
		"keys": {with(APIKey, map[string]any{"reports": client(changes{"reads": "all"}), "orders": client(changes{"keys": []string{"b", "a"}})}),
			`{"orders":{"callers":["orders/a","orders/b"],"reads":"own"},"reports":{"callers":["reports/a"],"reads":"all"}}`},
		"a role": {with(IAM, map[string]any{"orders": known("arn:aws:iam::123456789012:role/team/a/orders+eu")}),
			`{"orders":{"callers":["arn:aws:sts::123456789012:assumed-role/orders+eu"],"reads":"own"}}`},
		"a role of China": {with(IAM, map[string]any{"orders": known("arn:aws-cn:iam::123456789012:role/orders")}),
			`{"orders":{"callers":["arn:aws-cn:sts::123456789012:assumed-role/orders"],"reads":"own"}}`},
		"a subject": {with(JWT, map[string]any{"orders": known("auth0|ada lovelace")}),
			`{"orders":{"callers":["https://login.example.com#auth0%7Cada+lovelace"],"reads":"own"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse("x9", edited(t, "dev", c.with))
			if err != nil {
				t.Fatal(err)
			}
			if got := s.API.Known(func(client, key string) string { return client + "/" + key }).Clients.String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// The most clients that there may be, with the longest names, fit.
func TestKnown_has_room_for_every_client_with_keys(t *testing.T) {
	t.Parallel()
	all := map[string]any{}
	for i := range mostClients {
		all[fmt.Sprintf("c%031d", i)] = client(changes{"keys": []string{"a", "b"}})
	}
	if _, err := Parse("x9", edited(t, "dev", with(APIKey, all))); err != nil {
		t.Error(err)
	}
}
