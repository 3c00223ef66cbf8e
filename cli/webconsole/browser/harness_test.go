// Package browser tests the console of a running stack in headless Chromium. `make
// console-test` runs it.
package browser

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/fluxa/fluxa/cli/apireference"
	"github.com/fluxa/fluxa/cli/webconsole/localstack"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
	"github.com/fluxa/fluxa/local/stack"
)

var (
	binaries = flag.String("bin", "../../../dist/bin", "folder of the functions' binaries")
	pictures = flag.String("pictures", "../../../dist/console", "folder for the screenshots")
	axe      = flag.String("axe", "../../../node_modules/axe-core/axe.min.js", "axe-core")
)

// patience bounds every wait: it is no expectation, only the end of hope.
const patience = time.Minute

var (
	running *stack.Stack
	chrome  context.Context
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run starts one stack and one browser for all tests.
func run(m *testing.M) (code int) {
	fail := func(what string, err error) int {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "fluxa-console-test-")
	if err != nil {
		return fail("make a data folder", err)
	}
	defer os.RemoveAll(dir)
	reference, err := apireference.New(stack.ReferencePath)
	if err != nil {
		return fail("make the reference of the API", err)
	}
	spans := &traces.Store{}
	running, err = stack.Start(context.Background(), stack.Config{
		Dir: dir, BinDir: *binaries, Console: localstack.Console(spans), Traces: spans, Reference: reference, Tuning: stack.Tuning{ThrowAway: true},
	})
	if err != nil {
		return fail("start a stack", err)
	}
	defer func() {
		if err := running.Stop(context.Background()); err != nil {
			code = fail("stop the stack", err)
		}
	}()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1440, 1000), chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 { // Chromium's sandbox does not work as root
		options = append(options, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	var closeBrowser context.CancelFunc
	chrome, closeBrowser = chromedp.NewContext(allocator)
	defer closeBrowser()
	if err := chromedp.Do(chrome); err != nil {
		return fail("start Chromium (`make console-test` installs Debian's)", err)
	}
	return m.Run()
}

// tab is a page of the browser. A test fails when anything is written to its console as an
// error, or an exception is thrown.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // the address of the console
	// expected is a status that the console answers on purpose, which Chromium reports.
	expected string
	// accepted are rules of axe that the page breaks, each for a reason.
	accepted []string

	mu     sync.Mutex
	errors []string
}

func open(t *testing.T) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(chrome)
	p := &tab{t: t, ctx: ctx, base: running.Info().ConsoleURL}
	messages := chromedp.Console(ctx)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		for m, err := range messages {
			if err != nil {
				return // the tab was closed
			}
			if strings.HasPrefix(m.Text, "htmx:sendAbort") || strings.HasPrefix(m.Text, "htmx:afterRequest") {
				continue // a page that is left ends what it has asked for
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException() {
				p.mu.Lock()
				p.errors = append(p.errors, m.Text+" "+m.URL)
				p.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		closeTab()
		<-listened
		for _, text := range p.errors {
			if p.expected == "" || !strings.Contains(text, "status of "+p.expected) {
				t.Errorf("the browser's console: %s", text)
			}
		}
	})
	return p
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%v; the page is %.3000s", err, p.text())
	}
}

// visit opens a page of the console.
func (p *tab) visit(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// click waits for what a CSS selector means, and clicks on it. What the page replaces in the
// moment between is looked for again.
func (p *tab) click(selector string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "Could not find node with given id") {
			p.t.Fatalf("%v; the page is %.3000s", err, p.text())
		}
	}
}

// shows waits until the page has the text.
func (p *tab) shows(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// until waits until an expression is true, on this page or the next one: while a page is left,
// there is nothing to ask. A page's policy forbids what chromedp.Poll does.
func (p *tab) until(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression, chromedp.EvalAwaitPromise))
		if is {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("never true: %s (%v); the page is %.3000s", expression, err, p.text())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// text is where the tab is and what it shows, for messages.
func (p *tab) text() string {
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// eval returns the value of an expression.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%.200s: %v", expression, err)
	}
	return out
}

// post sends an event to the API.
func post(t *testing.T, body string) {
	t.Helper()
	response, err := http.Post(running.Info().APIURL+"/events", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("POST /events answered %s", response.Status)
	}
}

func event(id, merchant string) string {
	return fmt.Sprintf(`{"event_id":%q,"user_id":"ada","amount":42.50,"currency":"EUR","merchant":%q,"timestamp":"2026-01-31T23:59:59Z"}`, id, merchant)
}
