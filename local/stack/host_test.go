package stack

import (
	"net"
	"strconv"
	"testing"
)

func TestURLOf_is_an_address_that_answers(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"127.0.0.1": "127.0.0.1", "127.0.0.2": "127.0.0.2", "0.0.0.0": "127.0.0.1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := urlOf(l), "http://"+net.JoinHostPort(want, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)); got != want {
			t.Errorf("on %s: %s, want %s", host, got, want)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
