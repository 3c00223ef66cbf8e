package browser

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole"
	"github.com/fluxa/fluxa/cli/webconsole/awsstage"
	"github.com/fluxa/fluxa/cli/webconsole/locallogs"
	api "github.com/fluxa/fluxa/pkg/client"
)

const stageName = "stage dev (account 123456789012, eu-west-1)"

type oneDead struct{}

func (oneDead) Depths(context.Context) (webconsole.Depths, error) {
	return webconsole.Depths{DLQ: webconsole.Depth{Count: deadletters.Count{Visible: 1}}}, nil
}

// stage serves the running stack as a deployed stage that nobody may act on.
func stage(t *testing.T) (address string) {
	t.Helper()
	info := running.Info()
	client, err := api.New(api.Config{Endpoint: info.APIURL})
	if err != nil {
		t.Fatal(err)
	}
	letters, err := deadletters.New(deadletters.Config{Client: running.SQS(), DLQURL: info.DLQURL, QueueURL: info.QueueURL, ShortPoll: true})
	if err != nil {
		t.Fatal(err)
	}
	logs := locallogs.New(info.LogDir)
	cfg := awsstage.Config(awsstage.Stage{
		Name: "dev", Target: stageName, Region: "eu-west-1", Dashboard: "fluxa-dev", Logs: logs, Queues: oneDead{}, Events: timeline.Reader{Client: client}, DeadLetters: letters,
	})
	cfg.Key, cfg.ReadOnly = "secret", "To act, start it with --allow-actions."
	console, err := webconsole.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- awsstage.Serve(ctx, listener, console) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := logs.Close(); err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String() + awsstage.Path
}

func TestStage_is_shown_to_who_has_the_key_and_offers_no_action(t *testing.T) {
	p := open(t)
	p.visit("/send?poison")
	p.click(`#send button:not([type])`)
	p.shows("sent to the DLQ")
	failed := eval[string](p, `new URLSearchParams(location.search).get("id")`)
	p.expected = "401"
	p.base = stage(t)
	p.visit("")
	p.shows("Open the address that was printed")
	p.visit("?key=secret")
	p.until(`location.pathname + location.search == "/console"`)
	for name, path := range map[string]string{"overview": "", "events": "/events", "event": "/event?id=" + failed, "dlq": "/dlq", "letter": "/letter?id=" + failed} {
		p.visit(path)
		p.until(`document.getElementById("live").dataset.state == "live"`)
		p.shows(stageName + ": read-only.")
		if path == "/dlq" {
			p.until(`document.querySelector("table.letters") != null`)
		}
		if forms := eval[string](p, `[...document.querySelectorAll("form")].map(f => f.method + " " + f.action).join()`); strings.Contains(forms, "post") {
			t.Errorf("%s has the forms %s", name, forms)
		}
		p.looks("stage-" + name)
	}
}
