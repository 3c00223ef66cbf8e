package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestUnfinished_reads_every_page_of_the_client_asked_for(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contract.MediaJSON)
		switch r.URL.RawQuery {
		case "client=orders&from=f&limit=1&status=failed&to=t":
			fmt.Fprint(w, `{"statuses":[{"client":"orders","event_id":"b","status":"failed","error":{"code":"hash_mismatch","reason":"r"}}],"next_cursor":"c"}`)
		case "client=orders&cursor=c&from=f&limit=1&status=failed&to=t":
			fmt.Fprint(w, `{"statuses":[{"client":"orders","event_id":"a","status":"failed"}]}`)
		case "status=processing":
			fmt.Fprint(w, `{"statuses":[{"event_id":"a"},{"event_id":7}]}`)
		default:
			t.Errorf("asked for %s?%s", r.URL.Path, r.URL.RawQuery)
		}
	}))
	defer server.Close()
	c, err := client.New(client.Config{Endpoint: server.URL, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for status, err := range c.Of("orders").Unfinished(t.Context(), contract.StatusFailed, client.PageRequest{From: "f", To: "t", Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		line := status.Client + "/" + status.EventID
		if status.Error != nil {
			line += ":" + string(status.Error.Code)
		}
		got = append(got, line)
	}
	if want := "orders/b:hash_mismatch orders/a"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var failed error
	read := 0
	for _, failed = range c.Unfinished(t.Context(), contract.StatusProcessing, client.PageRequest{}) {
		read++
	}
	if read != 2 || failed == nil || !strings.Contains(failed.Error(), "read a status") {
		t.Errorf("%d read, in the end %v", read, failed)
	}
}
