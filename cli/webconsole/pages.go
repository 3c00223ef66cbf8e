package webconsole

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/fault"
)

// shownHere and shownThere are how many of the last events the overview and the page of
// events have.
const (
	shownHere  = 12
	shownThere = 100
)

type overviewBody struct {
	Wide, Tall    picture
	Events        []activity.Event
	Notifications notified
}

func (s *Server) overview(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "overview", "page", page{Title: "Overview", Section: "overview", Body: overviewBody{
		Wide: widePicture(), Tall: tallPicture(), Events: s.log.Events(shownHere), Notifications: s.notified(r.Context()),
	}})
}

func (s *Server) recentPart(w http.ResponseWriter, r *http.Request) {
	n := shownHere
	if r.URL.Query().Has("all") {
		n = shownThere
	}
	s.show(w, r, http.StatusOK, "overview", "recent", page{Body: s.log.Events(n)})
}

// notified are the last notifications.
type notified struct {
	Offered bool // whether this stack's can be looked at
	Failed  string
	List    []notice
}

// notice is a notification, with what of it is shown.
type notice struct {
	At       time.Time
	EventID  string      `json:"event_id"`
	Merchant string      `json:"merchant"`
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
}

func (s *Server) notified(ctx context.Context) notified {
	if s.cfg.Notifications == nil {
		return notified{}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, err := s.cfg.Notifications.Recent(ctx)
	out := notified{Offered: true}
	if err != nil {
		out.Failed = exit.Line(err)
	}
	for _, n := range list[:min(len(list), shownHere)] {
		shown := notice{At: n.At}
		if json.Unmarshal([]byte(n.Body), &shown) != nil {
			shown.Merchant = n.Body // not one of ours
		}
		out.List = append(out.List, shown)
	}
	return out
}

func (s *Server) notificationsPart(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "overview", "notifications", page{Body: s.notified(r.Context())})
}

func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "events", "page", page{Title: "Events", Section: "events", Body: s.log.Events(shownThere)})
}

func (s *Server) maintenance(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "maintenance", "page", page{Title: "Maintenance", Section: "maintenance", Body: s.runs()})
}

func (s *Server) runsPart(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "maintenance", "runs", page{Body: s.runs()})
}

// maintained is what the maintenance has done. Days are those for which the last run left
// partitions, from the day of the run on.
type maintained struct {
	Runs []activity.Run
	Days []time.Time
}

func (s *Server) runs() maintained {
	out := maintained{Runs: s.log.Runs()}
	if len(out.Runs) > 0 {
		today := out.Runs[0].At.UTC().Truncate(24 * time.Hour)
		for n := range min(out.Runs[0].Report.Ahead, 62) + 1 {
			out.Days = append(out.Days, today.AddDate(0, 0, int(n)))
		}
	}
	return out
}

// sending is the form that sends an event.
type sending struct {
	Payload string
	Good    string // examples
	Poison  string
	Offered bool // whether an event can go past the API
	Past    bool
	Error   string
	Fields  []fault.Field
}

func (s *Server) newSending() sending {
	return sending{
		Offered: s.cfg.Bypass != nil,
		Good:    s.example("42.50"),
		// The amount must be more than 0.
		Poison: s.example("-1"),
	}
}

// example is an event of the moment with an id of its own.
func (s *Server) example(amount string) string {
	return fmt.Sprintf(`{
  "event_id": "console-%s",
  "user_id": "ada",
  "amount": %s,
  "currency": "EUR",
  "merchant": "Corner Shop",
  "timestamp": %q,
  "metadata": {"order": 7}
}`, strings.ToLower(rand.Text()[:10]), amount, s.cfg.Now().UTC().Format(time.RFC3339))
}

func (s *Server) sendForm(w http.ResponseWriter, r *http.Request) {
	if s.cfg.ReadOnly != "" {
		s.sorry(w, r, http.StatusForbidden, "send", s.cfg.ReadOnly)
		return
	}
	body := s.newSending()
	body.Past = body.Offered && r.URL.Query().Has("poison")
	body.Payload = body.Good
	if body.Past {
		body.Payload = body.Poison
	}
	s.show(w, r, http.StatusOK, "send", "page", page{Title: "Send an event", Section: "send", Body: body})
}

func (s *Server) send(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	payload := r.PostFormValue("payload")
	past := s.cfg.Bypass != nil && r.PostFormValue("past") != ""
	s.note(r, "past", past)
	id, err := s.deliver(ctx, []byte(payload), past)
	if err == nil {
		s.redirect(w, r, "/event", "id", id, "said", "sent")
		return
	}
	body := s.newSending()
	body.Payload, body.Past, body.Error = payload, past, exit.Line(err)
	status := http.StatusBadGateway
	if problem, ok := errors.AsType[*api.Problem](err); ok {
		status, body.Fields = problem.Status, problem.Errors
	}
	s.show(w, r, status, "send", "page", page{Title: "Send an event", Section: "send", Body: body})
}

func (s *Server) deliver(ctx context.Context, payload []byte, past bool) (string, error) {
	if past {
		return s.cfg.Bypass.Enqueue(ctx, payload)
	}
	result, err := s.cfg.Events.Send(ctx, payload, "")
	return result.EventID, err
}

// note writes down what somebody is about to do.
func (s *Server) note(r *http.Request, about string, what any) {
	s.cfg.Logger.Info("action", "on", cmp.Or(s.cfg.Target, s.cfg.Name), "do", r.URL.Path, about, what)
}

// redirect leads to a page of the console after an action.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, to string, query ...string) {
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	http.Redirect(w, r, s.cfg.Path+to+"?"+values.Encode(), http.StatusSeeOther)
}
