// Package lambda emulates the AWS Lambda service for functions built as
// provided.al2023 binaries. It starts the unchanged binary as a process, speaks
// the Lambda Runtime API (version 2018-06-01) to it, and gives it the environment,
// the deadline and the limits that it would meet on AWS.
//
// Every concurrent execution is a process of its own, which is called an execution
// environment. An environment is started on demand, is reused as long as it is
// healthy, and has a Runtime API endpoint of its own on 127.0.0.1. A time-out, a
// crash or an excess of memory ends the process; the next invocation gets a new one.
//
// The package needs a Unix system. On Linux the memory limit is enforced and the
// kernel ends the processes when this one dies. On other systems memory is not
// limited, and a process whose Runtime API has gone exits when it next asks for work.
package lambda
