package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

func TestReplay_without_its_settings_says_which(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionMaintain)
	all, err := operations(base, config.Maintain{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = all.Run(t.Context(), operate.Request{Operation: "replay", By: "eva"})
	if want := "replay needs the settings TOPIC_ARN and QUEUE_URL of the function maintain, which are not set"; fault.CodeOf(err) != fault.InvalidValue || fault.ReasonOf(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
