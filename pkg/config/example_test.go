package config_test

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/fluxa/fluxa/pkg/config"
)

// A function passes os.Environ().
func ExampleLoad() {
	settings, err := config.Load[config.Ingest]([]string{
		"FLUXA_ENVIRONMENT=dev",
		"QUEUE_URL=http://127.0.0.1:9324/000000000000/fluxa-events",
		"PAYLOAD_BUCKET=fluxa-payloads",
	})
	fmt.Println(settings.Environment, settings.LogLevel, settings.PayloadBucket, err)

	_, err = config.Load[config.Ingest]([]string{"FLUXA_ENVIRONMENT=dev", "PAYLOAD_BUCKET=Payloads"})
	fmt.Println(err)
	// Output:
	// dev INFO fluxa-payloads <nil>
	// the environment cannot be used: QUEUE_URL must be the URL of the events queue, but is not set; PAYLOAD_BUCKET must be the name of an S3 bucket: 3 to 63 of a-z 0-9 . -, got "Payloads"
}

func ExampleVariables() {
	for _, v := range config.Variables[config.Ingest]() {
		fmt.Printf("%s required=%t default=%q\n", v.Name, v.Required, v.Default)
	}
	// Output:
	// FLUXA_ENVIRONMENT required=true default=""
	// FLUXA_LOG_LEVEL required=false default="info"
	// FLUXA_RELEASE required=false default=""
	// QUEUE_URL required=true default=""
	// PAYLOAD_BUCKET required=true default=""
	// CLIENTS required=false default=""
}

// The infrastructure writes the environment of a function out of the struct that
// the function reads. What it does not know before the deploy is a token.
func ExampleEnviron() {
	environ := config.Environ(config.Ingest{
		Service:  config.Service{Environment: "dev", LogLevel: slog.LevelDebug},
		Queue:    config.Queue{QueueURL: "${Token[TOKEN.123]}"},
		Payloads: config.Payloads{PayloadBucket: "fluxa-payloads-dev"},
	})
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		fmt.Println(name + "=" + environ[name])
	}
	// Output:
	// FLUXA_ENVIRONMENT=dev
	// FLUXA_LOG_LEVEL=debug
	// PAYLOAD_BUCKET=fluxa-payloads-dev
	// QUEUE_URL=${Token[TOKEN.123]}
}
