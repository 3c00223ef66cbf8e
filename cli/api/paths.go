package api

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// routePath returns the path of a route of the contract.
func routePath(id string) string {
	for _, r := range contract.Routes() {
		if r.ID == id {
			return r.Path
		}
	}
	panic(fmt.Sprintf("contract has no route %s", id)) // the ids are constants of that package
}

func eventPath(route, id string) string {
	return strings.Replace(routePath(route), "{"+contract.PathEventID+"}", url.PathEscape(id), 1)
}
