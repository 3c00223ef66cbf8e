package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

func TestOperations_without_their_settings_say_which(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionMaintain)
	all, err := operations(base, config.Maintain{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for operation, settings := range map[string]string{"replay": "TOPIC_ARN and QUEUE_URL", "audit": "PAYLOAD_BUCKET"} {
		_, err = all.Run(t.Context(), operate.Request{Operation: operation, By: "eva"})
		if want := operation + " needs the settings " + settings + " of the function maintain, which are not set"; fault.CodeOf(err) != fault.InvalidValue || fault.ReasonOf(err) != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
