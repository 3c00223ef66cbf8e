package rest

import (
	"maps"
	"slices"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Client is who sends a request: the owner of the events it sends, and of those it reads.
// The zero value stands for every caller of a stage without clients.
type Client struct {
	Name     string
	ReadsAll bool
}

// byCaller are the clients by each of their callers.
func byCaller(clients config.Clients) map[string]Client {
	out := map[string]Client{}
	for name, client := range clients {
		for _, caller := range client.Callers {
			out[caller] = Client{name, client.Reads == config.ReadsAll}
		}
	}
	return out
}

// identify returns the client of a caller.
func (a *API) identify(route contract.Route, caller string) (Client, error) {
	if len(a.clients) == 0 || !route.KeyRequired {
		return Client{}, nil
	}
	client, known := a.clients[caller]
	if !known {
		return Client{}, fault.New(fault.Forbidden, "the caller is not a client of this stage: its API key, role or token is not listed in api.clients")
	}
	return client, nil
}

// anyCaller is a caller that the stage knows, where it asks who calls.
func (a *API) anyCaller() string {
	if len(a.clients) == 0 {
		return ""
	}
	return slices.Min(slices.Collect(maps.Keys(a.clients)))
}

// Owner returns whose events a request reads: the client's own, or those that
// contract.QueryClient names. Returns a Forbidden fault when they are not the client's to
// read, and InvalidValue for what is not a name.
func (r Request) Owner() (string, error) {
	named, given := r.Query[contract.QueryClient]
	switch {
	case !given || named == r.Client.Name:
		return r.Client.Name, nil
	case named != "" && !contract.ValidClient(named):
		return "", fault.OfFields(fault.Field{Pointer: contract.QueryClient, Code: fault.InvalidValue, Detail: contract.QueryClient + " is not the name of a client"})
	case r.Client == Client{}:
		return "", fault.New(fault.Forbidden, "this stage has no clients")
	case !r.Client.ReadsAll:
		return "", fault.Newf(fault.Forbidden, "the client %s reads its own events only", r.Client.Name)
	}
	return named, nil
}
