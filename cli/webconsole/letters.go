package webconsole

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
)

// lettersShown is how many dead letters are listed.
const lettersShown = 100

// lettersBody are the dead letters that can be received now, the newest first.
type lettersBody struct {
	List   []deadletters.Letter
	Failed string
	More   bool
	Poison bool // whether a poison event can be sent
}

func (s *Server) letters(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "dlq", "page", page{Title: "Dead letters", Section: "dlq"})
}

// lettersPart lists the queue, which the page itself does not wait for.
func (s *Server) lettersPart(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	var body lettersBody
	list, err := s.cfg.DeadLetters.List(ctx, deadletters.Filter{}, lettersShown)
	if err != nil {
		body.Failed = exit.Line(err)
	}
	slices.SortStableFunc(list, func(a, b deadletters.Letter) int { return b.SentAt.Compare(a.SentAt) })
	body.List, body.More, body.Poison = list, len(list) == lettersShown, s.cfg.Bypass != nil && s.cfg.ReadOnly == ""
	s.show(w, r, http.StatusOK, "dlq", "letters", page{Body: body})
}

// letterBody is one dead letter with its form. Editable says whether it has a payload that
// can be mended here; Why says why not.
type letterBody struct {
	Letter   deadletters.Letter
	Payload  string
	Editable bool
	Why      string
	Error    string
}

func (s *Server) letter(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.find(ctx, r.URL.Query().Get("id"))
	if err != nil {
		s.lost(w, r, err)
		return
	}
	s.showLetter(w, r, http.StatusOK, l, "", nil)
}

func (s *Server) find(ctx context.Context, id string) (deadletters.Letter, error) {
	found, err := s.cfg.DeadLetters.Find(ctx, id)
	if err != nil {
		return deadletters.Letter{}, err
	}
	return found[0], nil
}

func (s *Server) lost(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, deadletters.ErrNotThere) {
		s.sorry(w, r, http.StatusNotFound, "dlq", "The DLQ has no such message now: it was sent back or deleted, or somebody else is looking at it.")
		return
	}
	s.sorry(w, r, http.StatusBadGateway, "dlq", exit.Line(err))
}

// showLetter shows a letter; edited is what somebody made of its payload, which cause
// did not let pass.
func (s *Server) showLetter(w http.ResponseWriter, r *http.Request, status int, l deadletters.Letter, edited string, cause error) {
	body := letterBody{Letter: l, Payload: edited, Editable: true}
	if cause != nil {
		body.Error = exit.Line(cause)
	} else if payload, err := l.Payload(); err != nil {
		body.Editable, body.Why = false, err.Error()
	} else {
		body.Payload = pretty(string(payload))
	}
	s.show(w, r, status, "letter", "page", page{Title: "Dead letter", Section: "dlq", Body: body})
}

func (s *Server) redrive(w http.ResponseWriter, r *http.Request) {
	request := deadletters.Redrive{All: r.PostFormValue("all") != "", Progress: func(l deadletters.Letter, err error) {
		if err != nil {
			s.cfg.Logger.Warn("a dead letter could not be sent back", "message_id", l.MessageID, "error", exit.Line(err))
		}
	}}
	if request.All {
		s.note(r, "messages", "all")
	} else {
		request.IDs = []string{r.PostFormValue("id")}
		s.note(r, "id", request.IDs[0])
	}
	done, err := s.cfg.DeadLetters.Redrive(r.Context(), request)
	switch {
	case err != nil:
		s.sorry(w, r, http.StatusBadGateway, "dlq", exit.Line(err))
	case done.Failed+done.Doubled > 0 || done.Interrupted:
		s.sorry(w, r, http.StatusBadGateway, "dlq", "Not every message could be sent back. Those that were not are still in the DLQ; the log says why.")
	case done.Sent == 0:
		s.redirect(w, r, "/dlq", "said", "none")
	default:
		s.redirect(w, r, "/dlq", "said", "redriven")
	}
}

func (s *Server) edit(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.find(ctx, r.PostFormValue("id"))
	if err != nil {
		s.lost(w, r, err)
		return
	}
	payload := r.PostFormValue("payload")
	s.note(r, "id", l.MessageID)
	err = s.cfg.DeadLetters.SendEdited(ctx, l, []byte(payload))
	switch {
	case errors.Is(err, deadletters.ErrNotThere):
		s.lost(w, r, err)
	case err != nil:
		s.showLetter(w, r, http.StatusUnprocessableEntity, l, payload, err)
	default:
		s.redirect(w, r, "/event", "id", l.EventID, "said", "edited")
	}
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	id := r.PostFormValue("id")
	if id == "" { // no id is every message, for Delete
		s.sorry(w, r, http.StatusBadRequest, "dlq", "Say which message to delete.")
		return
	}
	s.note(r, "id", id)
	done, err := s.cfg.DeadLetters.Delete(ctx, []string{id}, deadletters.Filter{}, func(deadletters.Letter, error) {})
	switch {
	case err != nil:
		s.sorry(w, r, http.StatusBadGateway, "dlq", exit.Line(err))
	case done.Deleted == 0:
		s.redirect(w, r, "/dlq", "said", "gone")
	default:
		s.redirect(w, r, "/dlq", "said", "deleted")
	}
}
