package webconsole

import (
	"context"
	"net/http"
	"strings"

	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/pkg/contract"
)

// eventBody is what is known of the event that an id names.
type eventBody struct {
	timeline.Trace
	Waterfall *waterfall // nil: there is none
	Settled   bool       // nothing more is expected
}

func (s *Server) event(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSpace(r.URL.Query().Get("id"))
	if id == "" {
		s.sorry(w, r, http.StatusBadRequest, "events", "Give an event id or a correlation id.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	body := eventBody{Trace: timeline.Gather(ctx, s.cfg.Logs, s.cfg.Events, id)}
	s.addTrace(&body)
	body.Settled = len(body.Others) == 0 && body.Trace.Settled(s.cfg.Now()) && body.traceIsWhole(s.cfg.Now())
	// One that was just sent, or sent again, is followed until it is stored.
	if r.URL.Query().Has("said") && (body.Status == nil || body.Status.State != contract.StatusProcessed) {
		body.Settled = false
	}
	part := "page"
	if r.URL.Query().Has("part") {
		part = "trace"
	}
	s.show(w, r, http.StatusOK, "event", part, page{Title: "Event " + id, Section: "events", Body: body})
}
