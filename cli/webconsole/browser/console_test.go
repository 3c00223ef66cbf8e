package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// id is the id of the event that the form has.
func (p *tab) id() string {
	p.t.Helper()
	return eval[string](p, `JSON.parse(document.getElementById("payload").value).event_id`)
}

// letter follows the link to an event's message in the DLQ.
func (p *tab) letter(id string) {
	p.t.Helper()
	link := fmt.Sprintf(`[...document.querySelectorAll("td a")].find(a => a.textContent == %q)`, id)
	p.until(link + " != null")
	eval[bool](p, link+".click(); true")
}

func TestForm_sends_an_event_that_arrives(t *testing.T) {
	p := open(t)
	p.visit("/send")
	id := p.id()
	p.click(`#send button:not([type])`)
	p.shows("Accepted and queued")
	p.shows("committed")
	p.shows("Announced")
	p.shows(`"merchant": "Corner Shop"`)
	p.until(`[...document.querySelectorAll(".waterfall tbody tr")].some(r => r.innerText.includes("process batch"))`)
	p.until(`[...document.querySelectorAll(".waterfall tbody tr")].some(r => r.innerText.includes("POST /events"))`)
	p.visit("")
	p.until(fmt.Sprintf(`document.querySelector("#recent").innerText.includes(%q)`, id))
	p.until(fmt.Sprintf(`document.querySelector("#notifications").innerText.includes(%q)`, id))
}

func TestPoison_reaches_the_DLQ_is_mended_and_stored(t *testing.T) {
	p := open(t)
	p.visit("/send")
	p.click(`[data-past]`)
	id := p.id()
	p.click(`#send button:not([type])`)
	p.shows("sent to the DLQ")
	p.visit("/dlq")
	p.letter(id)
	p.shows("invalid_event")
	p.expected = "422"
	p.click(`textarea ~ button`) // as it is: it is no valid event
	p.shows("Not sent:")
	eval[string](p, `payload.value = payload.value.replace("-1", "42.50")`)
	p.click(`textarea ~ button`)
	p.shows("The edited event is back in the events queue.")
	p.shows("committed")
	p.shows("Announced")
}

func TestPoison_is_redriven_and_deleted(t *testing.T) {
	p := open(t)
	p.visit("/send?poison")
	id := p.id()
	p.click(`#send button:not([type])`)
	p.shows("sent to the DLQ")
	p.visit("/dlq")
	p.click(fmt.Sprintf(`button[aria-label="Redrive %s"]`, id))
	p.shows("Sent back to the events queue.")
	p.visit("/event?id=" + id)
	p.until(`document.body.innerText.split("sent to the DLQ").length > 2`) // twice
	p.visit("/dlq")
	p.letter(id)
	p.click(".confirm summary")
	p.click(".danger")
	p.shows("Deleted from the DLQ.")
}

func TestNumbers_move_while_events_come(t *testing.T) {
	p := open(t)
	p.visit("")
	for i := range 20 {
		post(t, event(fmt.Sprintf("moving-%d", i), "Kiosk"))
	}
	p.until(`[...document.querySelectorAll('.wide [data-flow=stored] tspan')].some(e => Number(e.textContent) > 0)`)
	p.until(`document.querySelector(".wide [data-flow=stored]").classList.contains("on")`)
	p.until(`/ms|s$/.test(document.querySelector(".wide [data-n=ingest_ms]").textContent)`)
	p.until(`document.querySelectorAll(".u-wrap canvas").length == 2`)
}

const hostile = `</td><script>window.broken=1</script><img src=x onerror="window.broken=1">`

func TestScript_in_an_event_stays_text(t *testing.T) {
	p := open(t)
	post(t, event("hostile", hostile))
	p.visit("/event?id=hostile")
	p.shows("committed")
	p.shows("<script>window.broken=1</script>")
	p.visit("")
	p.until(`document.querySelector("#notifications").innerText.includes("<script>window.broken=1</script>")`)
	if eval[bool](p, `"broken" in window`) {
		t.Error("a script in an event's merchant was run")
	}
}

func TestKeyboard_reaches_the_content_first(t *testing.T) {
	p := open(t)
	p.visit("/dlq")
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	if got := eval[string](p, `document.activeElement.id`); got != "main" {
		t.Errorf("Tab and Enter lead to %q, not to the content", got)
	}
}

// TestPages_look_right_to_axe_at_every_width also keeps a picture of each, for people to
// look at.
func TestPages_look_right_to_axe_at_every_width(t *testing.T) {
	p := open(t)
	p.expected = "404" // of the page that there is not
	post(t, event("looked-at", "Corner Shop"))
	p.visit("/event?id=looked-at")
	p.shows("Announced")
	for range 2 {
		p.visit("/send?poison")
		p.click(`#send button:not([type])`)
		p.shows("sent to the DLQ")
	}
	failed := strings.TrimPrefix(eval[string](p, `location.search`), "?id=")
	failed, _, _ = strings.Cut(failed, "&")
	for i := range 30 {
		post(t, event(fmt.Sprintf("order-%d", 1000+i), "Corner Shop"))
	}
	for name, path := range map[string]string{
		"overview": "", "events": "/events", "event": "/event?id=looked-at", "event-failed": "/event?id=" + failed, "dlq": "/dlq",
		"letter": "/letter?id=" + failed, "send": "/send", "maintenance": "/maintenance", "not-found": "/letter?id=none",
	} {
		p.visit(path)
		p.until(`document.getElementById("live").dataset.state == "live"`)
		if path == "/dlq" {
			p.until(`document.querySelector("table.letters") != null`)
		}
		p.looks(name)
	}
}

// looks looks at the page at every width, light and dark.
func (p *tab) looks(name string) {
	p.t.Helper()
	rules, err := os.ReadFile(*axe)
	if err != nil {
		p.t.Fatalf("%v: `make setup` installs it", err)
	}
	if err := os.MkdirAll(*pictures, 0o755); err != nil {
		p.t.Fatal(err)
	}
	eval[bool](p, string(rules)+"; true")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 768, 1440} {
			p.as(scheme, width)
			p.look(fmt.Sprintf("%s-%s-%d", name, scheme, width))
		}
	}
}

// as shows pages as to somebody with this colour scheme and this width of the window.
func (p *tab) as(scheme string, width int64) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(width, 900))
}

// look takes the picture of the page, and holds it against axe's rules and its own width.
func (p *tab) look(name string) {
	p.t.Helper()
	p.until(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`) // it is drawn anew
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
	if over := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		p.t.Errorf("%s is %d px too wide", name, over)
	}
	accepted, err := json.Marshal(p.accepted)
	if err != nil {
		p.t.Fatal(err)
	}
	found := eval[json.RawMessage](p, `axe.run().then(r => r.violations.filter(v => !(`+string(accepted)+` || []).includes(v.id)).map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join("; ")))`)
	if string(found) != "[]" {
		p.t.Errorf("%s: axe finds %s", name, found)
	}
}
