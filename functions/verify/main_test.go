package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Verify](), map[string]string{
		"FLUXA_ENVIRONMENT": "test", "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
		"INGEST_VERSION_ARN": ingestV7, "PROCESSOR_VERSION_ARN": processorV9,
		"QUERY_VERSION_ARN": "arn:aws:lambda:eu-west-1:111122223333:function:fluxa-query-prod:3",
	})
}
