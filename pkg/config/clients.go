package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Clients are the clients of a stage by their names; none where callers are not told
// apart. They travel as a JSON object, in one variable: Lambda takes 4 KB of variables a
// function.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
type Clients map[string]Client

// Client says by which callers a client comes, and whose events it reads. A caller is the
// id of an API key, the ARN of an assumed role without its session, or the subject of a
// token.
type Client struct {
	Callers []string `json:"callers"`
	Reads   string   `json:"reads"` // ReadsOwn or ReadsAll
}

// What a client reads.
const (
	ReadsOwn = "own"
	ReadsAll = "all" // for operators
)

// UnmarshalText reads the JSON object.
func (c *Clients) UnmarshalText(text []byte) error {
	return json.Unmarshal(text, (*map[string]Client)(c), json.RejectUnknownMembers(true))
}

// String returns the JSON object, clients in the order of their names.
func (c Clients) String() string {
	text, err := json.Marshal(map[string]Client(c), json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("config: a map of texts always marshals: %v", err))
	}
	return string(text)
}

// Known are the clients of a stage.
type Known struct {
	Clients Clients `env:"CLIENTS" want:"a JSON object such as {\"orders\":{\"callers\":[\"a1b2c3\"],\"reads\":\"own\"}}"`
}

func (k *Known) check(l *faultList) {
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(k.Clients)) {
		client := k.Clients[name]
		switch {
		case !contract.ValidClient(name):
			l.add(&k.Clients, fmt.Sprintf("has the client %q: a name is 1 to %d of a-z 0-9 -, beginning with a letter", shorten(name), contract.ClientLimit))
		case client.Reads != ReadsOwn && client.Reads != ReadsAll:
			l.add(&k.Clients, fmt.Sprintf("says that %s reads %q, it must be %q or %q", name, shorten(client.Reads), ReadsOwn, ReadsAll))
		case len(client.Callers) == 0:
			l.add(&k.Clients, fmt.Sprintf("has no caller of %s", name))
		}
		for _, caller := range client.Callers {
			if other, taken := owner[caller]; taken || caller == "" {
				l.add(&k.Clients, fmt.Sprintf("gives %s the caller %q, which is empty or belongs to %s too", name, shorten(caller), other))
			}
			owner[caller] = name
		}
	}
}
