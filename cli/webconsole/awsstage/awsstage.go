// Package awsstage shows a deployed stage in the console, with the AWS credentials of the
// person who looks.
package awsstage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/fluxa/fluxa/cli/stagelogs"
	"github.com/fluxa/fluxa/cli/webconsole"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// Path is where the console is served.
	Path = "/console"
	// every is how often lines are read: about 1.3 calls of FilterLogEvents a second for the
	// four functions.
	every = 3 * time.Second
	// lag is how long lines may take until CloudWatch Logs has them. Nothing of AWS's says
	// how long they do: not confirmed.
	lag = 15 * time.Second
	// callsPerSecond bounds FilterLogEvents. Its quota is 5 to 25 a second by the region,
	// for the account, and cannot be raised ("CloudWatch Logs quotas",
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html):
	// two of five are left to others.
	callsPerSecond = 3
	// callsAtOnce bounds the calls of a look, which so ends before the next is due but one.
	callsAtOnce = 12
	// maintained is how far back the runs of maintain are read, which are few lines.
	maintained = 48 * time.Hour
	// headerTimeout bounds how long a browser may take to send a request's header, and idle
	// how long a connection is kept.
	headerTimeout = 10 * time.Second
	idle          = 2 * time.Minute
	// farewell bounds how long requests may take to end with the console.
	farewell = 5 * time.Second
)

// Reading says how the logs of a stage are read: what is new from since ago on, and of an
// event what was written from search ago on.
func Reading(clock func() time.Time, since, search time.Duration) stagelogs.Config {
	now := clock()
	return stagelogs.Config{
		Since: now.Add(-since), SearchFor: search, Earlier: map[contract.Function]time.Time{contract.FunctionMaintain: now.Add(-maintained)},
		Calls: callsAtOnce, PerSecond: callsPerSecond, Behind: since + time.Minute, Now: clock,
	}
}

// Stage is a deployed stage.
type Stage struct {
	// Name is what the stage is called, Target the stage in full, with account and region,
	// and Dashboard the name of its dashboard.
	Name, Target, Region, Dashboard string
	Logs                            webconsole.Logs
	Queues                          webconsole.Queues
	Events                          webconsole.Events
	DeadLetters                     webconsole.DeadLetters
}

// Config is the console of a stage. What is not the stage's, such as Key and ReadOnly, is for
// the caller to add.
func Config(s Stage) webconsole.Config {
	cloudWatch := fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%[1]s", s.Region)
	return webconsole.Config{
		Path: Path, Name: s.Name, Target: s.Target, Logs: s.Logs, Queues: s.Queues, Events: s.Events, DeadLetters: s.DeadLetters, Every: every, Lag: lag,
		Elsewhere: []webconsole.Link{
			{Text: "the dashboard in CloudWatch", Address: cloudWatch + "#dashboards/dashboard/" + s.Dashboard},
			{Text: "CloudWatch, which has the traces under X-Ray traces", Address: cloudWatch},
		},
	}
}

// Serve serves a console on a listener until ctx ends. Then it ends what still runs.
func Serve(ctx context.Context, listener net.Listener, console *webconsole.Server) error {
	server := &http.Server{
		Handler: console, ReadHeaderTimeout: headerTimeout, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: idle,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	running, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- console.Run(running) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	stop()
	runErr := <-ran
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if server.Shutdown(ending) != nil {
		err = errors.Join(err, server.Close())
	}
	return errors.Join(err, runErr)
}
