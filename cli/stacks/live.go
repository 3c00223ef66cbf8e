package stacks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	"github.com/fluxa/fluxa/local/stack"
)

// lookInterval is how often the live line is made anew.
const lookInterval = time.Second

// activityLine says what the stack of this process is doing, from its logs and queues, as
// somebody outside would find it.
type activityLine struct {
	folder string
	began  time.Time

	mu   sync.Mutex
	line string
	news string // what was told last
}

func (a *activityLine) text() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.line == "" {
		return "starting, " + console.Duration(time.Since(a.began).Truncate(time.Second))
	}
	if a.news != "" {
		return a.line + "  " + a.news
	}
	return a.line
}

// tell puts news at the end of the line, in place of the last.
func (a *activityLine) tell(news string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.news = news
}

func (a *activityLine) set(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.line = line
}

// run follows the stack until ctx ends.
func (a *activityLine) run(ctx context.Context) error {
	info, err := a.await(ctx)
	if err != nil {
		return err
	}
	a.set("up")
	on := target.LocalStack(info, a.folder, "")
	logs, err := on.Logs(time.Now())
	if err != nil {
		return err
	}
	seen := activity.New()
	depth := func(url string) (int64, error) {
		queue, err := deadletters.New(deadletters.Config{Client: sqs.NewFromConfig(on.AWS), DLQURL: url, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return 0, err
		}
		count, err := queue.Count(ctx)
		return count.Total(), err
	}
	for wait(ctx) {
		err := logs.Next(ctx, seen.Take)
		waiting, queueErr := depth(info.QueueURL)
		dead, dlqErr := depth(info.DLQURL)
		if errors.Join(err, queueErr, dlqErr) != nil {
			continue // it is being stopped, or the next look will tell
		}
		now := seen.Now(time.Now())
		a.set(fmt.Sprintf("requests %.1f/s  queue %s  stored %.1f/s  DLQ %s",
			now.Accepted+now.Refused+now.Reads, console.Number(waiting), now.Stored, console.Number(dead)))
	}
	a.set("stopping")
	return logs.Close()
}

// await returns what the stack writes about itself once it is up.
func (a *activityLine) await(ctx context.Context) (info stack.Info, err error) {
	for wait(ctx) {
		if info, err = stack.ReadInfo(a.folder); err == nil && info.PID == os.Getpid() {
			return info, nil
		}
	}
	return info, ctx.Err()
}

func wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(lookInterval):
		return true
	}
}
