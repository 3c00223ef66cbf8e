package functions

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Starts is how long starts took, in milliseconds: from the start of the process to its
// first request for an invocation.
type Starts struct{ Wall, CPU bench.Rates }

// starter is what is started, again and again.
type starter struct {
	name, executable string
	memoryMiB        int
	environ          map[string]string
}

// MeasureStarts starts the handler that does nothing and, of each version, ingest,
// processor and query, in turns, so many times. They have the environment of AWS and
// call nothing there: a function that did would fail for the credentials. The first
// start of each is not counted: it brings the executable into the memory.
func MeasureStarts(ctx context.Context, hello string, versions []*Version, times int) ([]Starts, error) {
	all := []starter{{name: "hello world", executable: hello, memoryMiB: queryMemoryMiB}}
	for _, f := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		for _, v := range versions {
			s := starter{name: string(f) + ", " + v.Name, executable: v.executable(f)}
			s.memoryMiB, s.environ = onAWS(f, v.Root)
			all = append(all, s)
		}
	}
	out := make([]Starts, len(all))
	for i, s := range all {
		out[i].Wall.Contender, out[i].CPU.Contender = s.name, s.name
	}
	for n := -1; n < times; n++ {
		for i, s := range all {
			p, err := start(ctx, "bench", s.executable, s.memoryMiB, s.environ)
			if err != nil {
				return nil, fmt.Errorf("start %s: %w", s.name, err)
			}
			if err := p.close(); err != nil {
				return nil, fmt.Errorf("end %s: %w", s.name, err)
			}
			if n < 0 {
				continue
			}
			out[i].Wall.Each = append(out[i].Wall.Each, milliseconds(p.init.wall))
			out[i].CPU.Each = append(out[i].CPU.Each, milliseconds(p.init.cpu))
		}
	}
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// onAWS returns the memory and the environment of a function as a stage without a proxy
// has them: the roots of Amazon RDS are read at the start.
func onAWS(f contract.Function, root string) (memoryMiB int, environ map[string]string) {
	const sqs = "https://sqs.eu-west-1.amazonaws.com/111122223333/"
	service, payloads := config.Service{Environment: stageName}, config.Payloads{PayloadBucket: bucket}
	queue := config.Queue{QueueURL: sqs + "events"}
	server := config.Server{
		Host: "fluxa.abcdefghijkl.eu-west-1.rds.amazonaws.com", CAFile: filepath.Join(root, "functions", "cmd", "package", "rds-ca.pem"),
	}
	database := config.Database{Server: server, User: contract.DatabaseUser(f)}
	defer func() {
		if f != contract.FunctionIngest { // of a version that has no such user
			environ["DB_SECRET_ARN"] = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:fluxa-abcdef"
		}
	}()
	switch f {
	case contract.FunctionIngest:
		return ingestMemoryMiB, config.Environ(config.Ingest{Service: service, Queue: queue, Payloads: payloads})
	case contract.FunctionProcessor:
		return processorMemoryMiB, config.Environ(config.Processor{
			Service: service, Queue: queue, Payloads: payloads, Database: database,
			DLQURL: sqs + "dlq", TopicARN: "arn:aws:sns:eu-west-1:111122223333:notifications",
		})
	default:
		return queryMemoryMiB, config.Environ(config.Query{Service: service, Payloads: payloads, Database: database})
	}
}
