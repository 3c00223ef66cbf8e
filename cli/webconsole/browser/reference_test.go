package browser

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// reference opens the reference of the API, and waits until it shows the API.
func (p *tab) reference() {
	p.t.Helper()
	p.do(chromedp.Navigate(running.Info().ReferenceURL))
	p.shows("Accept one event")
}

// press clicks on the first button that has the text.
func (p *tab) press(text string) {
	p.t.Helper()
	button := fmt.Sprintf(`[...document.querySelectorAll("button")].find(b => b.innerText.includes(%q))`, text)
	p.until(button + " != null")
	eval[bool](p, button+".click(); true")
}

func TestReference_sends_an_example_to_this_stack(t *testing.T) {
	p := open(t)
	p.reference()
	p.press("Test Request")
	p.press("Send")
	p.shows("202 Accepted")
	p.shows(`"status": "enqueued"`)
	id := eval[string](p, `/"event_id": "([^"]+)"/.exec(document.body.innerText)[1]`)
	p.visit("/event?id=" + id)
	p.shows("committed")
}

// TestReference_loads_nothing_from_elsewhere also keeps a picture of each width, for people
// to look at, and holds it against axe's rules. What the page's policy keeps it from loading
// is an error of the browser's console.
func TestReference_loads_nothing_from_elsewhere(t *testing.T) {
	rules, err := os.ReadFile(*axe)
	if err != nil {
		t.Fatalf("%v: `make setup` installs it", err)
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	p := open(t)
	// Two are Scalar's: an operation without a tag has a heading of the third level, and a
	// list's button a name that its text is not part of.
	p.accepted = []string{"heading-order", "label-content-name-mismatch"}
	p.reference()
	eval[bool](p, string(rules)+"; true")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 768, 1440} {
			p.as(scheme, width)
			p.shows("Accept one event")
			p.look(fmt.Sprintf("reference-%s-%d", scheme, width))
		}
	}
	loaded := eval[[]string](p, `performance.getEntriesByType("resource").map(e => e.name)`)
	if len(loaded) < 3 {
		t.Errorf("the page loaded only %v", loaded)
	}
	for _, url := range loaded {
		if !strings.HasPrefix(url, running.Info().APIURL+"/") {
			t.Errorf("the page loaded %s", url)
		}
	}
}
