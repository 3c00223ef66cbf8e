package rig

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// console is one of three messages whose stream ends then, or stays open.
func console(t *testing.T, ends bool, asked *atomic.Int64, last chan<- struct{}) string {
	mux := http.NewServeMux()
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			fmt.Fprint(w, "data: {}\n\n")
		}
		if !ends {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	})
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
		if asked.Add(1) == 7 {
			close(last)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestPages_follow_the_console_until_they_are_closed(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		var asked atomic.Int64
		last := make(chan struct{})
		url := console(t, ends, &asked, last)
		pages := openAt(t.Context(), url, 1)
		<-last // the page itself, then two lists for each message
		if ends {
			pages.opened.Wait()
		}
		err := pages.Close()
		if got := err != nil && strings.Contains(err.Error(), "it ended"); got != ends {
			t.Errorf("a stream that ends (%t): %v", ends, err)
		}
	}
}
