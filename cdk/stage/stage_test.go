package stage

import "testing"

func TestOTLP_has_the_port_of_its_endpoint(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]int{
		"": 0, "http://collector": 80, "https://collector/v1": 443, "http://collector:4318": 4318, "https://[fd00::1]:4318/": 4318,
	} {
		if got := (OTLP{Endpoint: endpoint}).Port(); got != want {
			t.Errorf("%q: the port is %d, want %d", endpoint, got, want)
		}
	}
}
