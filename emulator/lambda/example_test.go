package lambda_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/fluxa/fluxa/emulator/lambda"
)

func ExampleNew() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	function, err := lambda.New(lambda.Config{
		Name:    "query",
		Binary:  "dist/query/bootstrap",
		Env:     map[string]string{"LOG_LEVEL": "info"},
		Timeout: 10 * time.Second,
		Logs:    os.Stderr,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := function.Warm(ctx); err != nil {
		fmt.Println(err) // with the last lines that the function has logged
	}
	output, err := function.Invoke(ctx, lambda.Input{Payload: []byte(`{"httpMethod":"GET"}`)})
	fmt.Println(string(output.Payload), output.FunctionError, err)
	if err := function.Close(ctx); err != nil {
		fmt.Println(err)
	}
}
