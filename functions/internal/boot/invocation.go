package boot

import (
	"context"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fluxa/fluxa/pkg/budget"
)

// WorkContext returns the context for the work of one invocation: it leaves
// budget.Answer to log, to send the metrics and spans, and to answer.
func WorkContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return budget.Keep(ctx, budget.Answer, nil)
}

// RequestID returns the id that Lambda gave the invocation, "" outside of Lambda.
func RequestID(ctx context.Context) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}

// TraceHeader returns the X-Ray trace header that the runtime gave the
// invocation, which names the function's own segment; "" outside of Lambda.
func TraceHeader(ctx context.Context) string {
	header, _ := ctx.Value("x-amzn-trace-id").(string) // absent outside of Lambda
	return header
}
