package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// Gateway is the HTTP handler of one API. It is made by New and may serve any number of
// requests at a time.
type Gateway struct {
	cfg    Config
	keys   []heldKey
	mux    *http.ServeMux
	bodies *semaphore.Weighted // the bytes of bodyBudget
}

// resource is a path of the API with the methods it has.
type resource struct {
	gateway    *Gateway
	path       string
	parameters []string
	routes     map[string]Route
	allow      string
}

var parameter = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\+?\}`)

// New returns the handler of the API. Errors name the field, its limit and the value; two
// routes of one method and path, or paths of which neither is more specific than the
// other, are errors too.
func New(cfg Config) (*Gateway, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, keys: holdKeys(cfg.APIKeys), mux: http.NewServeMux(), bodies: semaphore.NewWeighted(bodyBudget)}
	resources := map[string]*resource{}
	for _, route := range cfg.Routes {
		r := resources[route.Path]
		if r == nil {
			r = newResource(g, route.Path)
			if err := g.register(r); err != nil {
				return nil, err
			}
			resources[route.Path] = r
		}
		if _, taken := r.routes[route.Method]; taken {
			return nil, fmt.Errorf("gateway: Routes has %s %s twice", route.Method, route.Path)
		}
		r.routes[route.Method] = route
	}
	for _, r := range resources {
		methods := make([]string, 0, len(r.routes))
		for method := range r.routes {
			methods = append(methods, method)
		}
		slices.Sort(methods)
		r.allow = strings.Join(methods, ", ")
	}
	return g, nil
}

func newResource(g *Gateway, path string) *resource {
	r := &resource{gateway: g, path: path, routes: map[string]Route{}}
	for _, match := range parameter.FindAllStringSubmatch(path, -1) {
		r.parameters = append(r.parameters, match[1])
	}
	return r
}

// register adds the resource for all methods, so that the gateway itself decides about
// them. The mux panics when patterns conflict, which is the caller's error here.
func (g *Gateway) register(r *resource) (err error) {
	defer func() {
		if conflict := recover(); conflict != nil {
			err = fmt.Errorf("gateway: the path %s cannot be routed: %v", r.path, conflict)
		}
	}()
	pattern := strings.ReplaceAll(r.path, "+}", "...}")
	if pattern == "/" {
		pattern = "/{$}"
	}
	g.mux.Handle(pattern, r)
	return nil
}

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(g, w, r)
	defer x.log()
	// The mux redirects a path that is not clean. API Gateway knows no redirects.
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path || r.RequestURI == "*" {
		x.problem(http.StatusNotFound, "no route has this path")
		return
	}
	if _, pattern := g.mux.Handler(r); pattern == "" {
		x.problem(http.StatusNotFound, "no route has this path")
		return
	}
	g.mux.ServeHTTP(x, r)
}

// ServeHTTP is called by the mux with the exchange as the writer, and with a request that
// has the path's values.
func (rs *resource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	x.request = r
	x.resource = rs.path
	route, found := rs.routes[r.Method]
	if !found {
		x.Header().Set("Allow", rs.allow)
		x.problem(http.StatusMethodNotAllowed, "this path has only: "+rs.allow)
		return
	}
	x.serve(rs, route)
}

// NewServer returns a server for the handler with the time-outs that a local API needs: a
// request must arrive within 30 s, and its answer may take as long as an integration
// does. Headers are limited to the 10 KiB of API Gateway. The caller listens, serves and
// shuts it down.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30*time.Second + IntegrationTimeout + 10*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    10 << 10,

		DisableGeneralOptionsHandler: true, // "OPTIONS *" is an unknown path like any other
		ErrorLog:                     slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
