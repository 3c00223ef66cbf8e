package stack

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxa/fluxa/emulator/gateway"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Client is a client of the stack, with the settings that a stage has for it under
// api.clients. A rate of 0 does not throttle; a deployed stage always does.
type Client struct {
	Name          string
	Keys          []string // one, or two while a key is replaced
	RatePerSecond float64
	Burst         int
	Reads         string // config.ReadsOwn or config.ReadsAll
}

// ParseClients reads clients written as name:key, with commas between them. A second key
// follows a bar, settings follow a question mark as in a URL:
//
//	orders:key1|key2?rate_per_second=50&burst=100,reports:key3?reads=all
//
// An error says which client is wrong, and never repeats a key.
func ParseClients(text string) ([]Client, error) {
	if text == "" {
		return nil, nil
	}
	var clients []Client
	names, keys := map[string]bool{}, map[string]string{}
	for _, entry := range strings.Split(text, ",") {
		client, err := parseClient(strings.TrimSpace(entry))
		if err != nil {
			return nil, err
		}
		if names[client.Name] {
			return nil, fmt.Errorf("the client %s is given twice", client.Name)
		}
		names[client.Name] = true
		for _, key := range client.Keys {
			if other, taken := keys[key]; taken {
				return nil, fmt.Errorf("a key of the client %s belongs to %s too: each key says who calls", client.Name, other)
			}
			keys[key] = client.Name
		}
		clients = append(clients, client)
	}
	return clients, nil
}

func parseClient(entry string) (Client, error) {
	name, rest, _ := strings.Cut(entry, ":")
	keys, settings, _ := strings.Cut(rest, "?")
	client := Client{Name: name, Keys: strings.Split(keys, "|"), Reads: config.ReadsOwn}
	switch {
	case !contract.ValidClient(name):
		return client, fmt.Errorf("%.40q is not the name of a client: 1 to %d of a-z 0-9 -, beginning with a letter, then a colon and a key", name, contract.ClientLimit)
	case slices.Contains(client.Keys, ""):
		return client, fmt.Errorf("the client %s has no key: write %s:key", name, name)
	case len(client.Keys) > 2:
		return client, fmt.Errorf("the client %s has %d keys, the limit is 2: the one in use, and the one that replaces it", name, len(client.Keys))
	}
	given, err := url.ParseQuery(settings)
	if err != nil {
		return client, fmt.Errorf("the settings of the client %s are not written as in a URL, such as ?rate_per_second=50&burst=100", name)
	}
	for setting, values := range given {
		value := values[len(values)-1]
		switch setting {
		case "rate_per_second":
			client.RatePerSecond, err = strconv.ParseFloat(value, 64)
		case "burst":
			client.Burst, err = strconv.Atoi(value)
		case "reads":
			client.Reads = value
		default:
			return client, fmt.Errorf("the client %s has the unknown setting %.40q: there are rate_per_second, burst and reads", name, setting)
		}
		if err != nil {
			return client, fmt.Errorf("%s of the client %s is %.40q, it must be a number", setting, name, value)
		}
	}
	return client, client.check()
}

func (c Client) check() error {
	switch {
	case c.Reads != config.ReadsOwn && c.Reads != config.ReadsAll:
		return fmt.Errorf("reads of the client %s is %.40q, it must be %s or %s", c.Name, c.Reads, config.ReadsOwn, config.ReadsAll)
	case !(c.RatePerSecond >= 0 && c.RatePerSecond < 1e6) || c.Burst < 0:
		return fmt.Errorf("rate_per_second and burst of the client %s must be from 0, and the rate below a million", c.Name)
	case (c.RatePerSecond > 0) != (c.Burst > 0):
		return fmt.Errorf("the client %s needs rate_per_second and burst together", c.Name)
	}
	return nil
}

// keyID is what the functions see of a client's key, in place of the id that API Gateway
// gives it.
func (c Client) keyID(i int) string { return fmt.Sprintf("%s-%d", c.Name, i+1) }

// ClientOfKey returns the client whose key has an id of the access log, "" for an id that
// is not a client's.
func ClientOfKey(id string) string {
	return id[:max(strings.LastIndex(id, "-"), 0)]
}

// apiKeys are those that the API asks for.
func (c Config) apiKeys() []gateway.APIKey {
	if len(c.Clients) == 0 && c.APIKey != "" {
		return []gateway.APIKey{{ID: "local", Value: c.APIKey}}
	}
	var keys []gateway.APIKey
	for _, client := range c.Clients {
		for i, key := range client.Keys {
			keys = append(keys, gateway.APIKey{ID: client.keyID(i), Value: key, RatePerSecond: client.RatePerSecond, Burst: client.Burst})
		}
	}
	return keys
}

func (c Config) clientNames() []string {
	var names []string
	for _, client := range c.Clients {
		names = append(names, client.Name)
	}
	return names
}

// known are the clients as the functions know them.
func (c Config) known() config.Known {
	if len(c.Clients) == 0 {
		return config.Known{}
	}
	clients := config.Clients{}
	for _, client := range c.Clients {
		entry := config.Client{Reads: client.Reads}
		for i := range client.Keys {
			entry.Callers = append(entry.Callers, client.keyID(i))
		}
		clients[client.Name] = entry
	}
	return config.Known{Clients: clients}
}

// checkKey wants the key that the commands use to be one of a client's.
func (c Config) checkKey() error {
	if len(c.Clients) == 0 || c.APIKey == "" {
		return nil
	}
	if slices.ContainsFunc(c.Clients, func(client Client) bool { return slices.Contains(client.Keys, c.APIKey) }) {
		return nil
	}
	return fmt.Errorf("stack: APIKey (FLUXA_API_KEY) belongs to none of the clients, and with clients only their keys open the API")
}
