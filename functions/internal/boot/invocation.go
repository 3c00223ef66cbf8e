package boot

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// answerReserve is kept free before the function's deadline to log, to flush
// (a second at most for the spans) and to answer.
const answerReserve = 1500 * time.Millisecond

// WorkContext returns the context for the work of one invocation. It ends before
// the function's deadline, by a second and a half or a quarter of the time that is
// left, whichever is shorter: a call that hangs then fails in time to be answered
// for, where at the deadline itself the runtime would kill the process.
func WorkContext(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(answerReserve, time.Until(deadline)/4)))
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
