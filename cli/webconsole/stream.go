package webconsole

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/fluxa/fluxa/cli/webconsole/activity"
)

// tick is what a page is told each time. Points are those of the whole window at
// first, then the last few: late lines change seconds that were told already.
type tick struct {
	Points []activity.Point `json:"points"`
	Now    activity.Now     `json:"now"`
	Depths Depths           `json:"depths"`
	Ages   ages             `json:"ages"`
	Failed string           `json:"failed,omitempty"`
}

// ages are in seconds.
type ages struct {
	Events float64 `json:"events"`
	DLQ    float64 `json:"dlq"`
}

// late is how many seconds are told again, besides those since the last time.
const late = 10

func (s *Server) again() int { return late + int((s.cfg.Every+s.cfg.Lag)/time.Second) }

func (s *Server) tick(points int) tick {
	depths, failed, _ := s.current()
	now := s.cfg.Now().Add(-s.cfg.Lag)
	return tick{
		Points: s.log.Points(now, points), Now: s.log.Now(now), Depths: depths,
		Ages: ages{depths.Events.Age.Seconds(), depths.DLQ.Age.Seconds()}, Failed: failed,
	}
}

// stream tells a page what happens, as server-sent events, until it goes away or the
// console ends.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		http.Error(w, fmt.Sprintf("%d pages are open, which is the limit: close one.", streamsAtOnce), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	// The server's own limits are for requests that end.
	if err := control.SetReadDeadline(time.Time{}); err != nil {
		s.cfg.Logger.Error("the console cannot stream", "error", err)
		return
	}
	for points := activity.Window; ; points = s.again() {
		_, _, told := s.current()
		text, err := json.Marshal(s.tick(points))
		if err != nil {
			s.cfg.Logger.Error("encode the state of the console", "error", err)
			return
		}
		if err := control.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			s.cfg.Logger.Error("the console cannot stream", "error", err)
			return
		}
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil {
			return
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-told:
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
	}
}
