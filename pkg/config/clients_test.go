package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/config"
)

func TestLoad_clients(t *testing.T) {
	t.Parallel()
	load := func(clients string) (config.Clients, error) {
		settings, err := config.Load[config.Ingest]([]string{
			"FLUXA_ENVIRONMENT=dev", "PAYLOAD_BUCKET=fluxa-payloads-dev", "QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/1/q", "CLIENTS=" + clients,
		})
		return settings.Clients, err
	}
	got, err := load(`{"orders":{"callers":["a","b"],"reads":"own"},"reports":{"callers":["c"],"reads":"all"}}`)
	want := config.Clients{"orders": {Callers: []string{"a", "b"}, Reads: "own"}, "reports": {Callers: []string{"c"}, Reads: "all"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := load(""); err != nil || got != nil {
		t.Errorf("no clients: %v, %v", got, err)
	}
	for clients, says := range map[string]string{
		`orders`: "must be a JSON object such as",
		`{"orders":{"callers":["a"],"reads":"own","writes":"all"}}`:                            "must be a JSON object such as",
		`{"orders":{"callers":["a"],"reads":"own"},"orders":{"callers":["b"],"reads":"own"}}`:  "must be a JSON object such as",
		`{"Orders":{"callers":["a"],"reads":"own"}}`:                                           `has the client "Orders": a name is 1 to 32 of a-z 0-9 -, beginning with a letter`,
		`{"` + strings.Repeat("a", 33) + `":{"callers":["a"],"reads":"own"}}`:                  `has the client "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": a name is 1 to 32 of`,
		`{"orders":{"callers":["a"],"reads":"some"}}`:                                          `says that orders reads "some", it must be "own" or "all"`,
		`{"orders":{"callers":[],"reads":"own"}}`:                                              "has no caller of orders",
		`{"orders":{"callers":[""],"reads":"own"}}`:                                            `gives orders the caller ""`,
		`{"orders":{"callers":["a"],"reads":"own"},"refunds":{"callers":["a"],"reads":"own"}}`: `gives refunds the caller "a", which is empty or belongs to orders too`,
	} {
		if _, err := load(clients); err == nil || !strings.Contains(err.Error(), "CLIENTS "+says) {
			t.Errorf("%s: error %v, want %q", clients, err, says)
		}
	}
}
