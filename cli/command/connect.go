package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/background"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/local/stack"
)

// runningStack returns the local stack under dir; instead names the flag that
// would do without one.
func runningStack(dir, instead string) (stack.Info, error) {
	info, err := stack.ReadInfo(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || (err == nil && !background.Running(info.PID)):
		return info, fmt.Errorf("no local stack under %s: run `make up`, or give %s", dir, instead)
	default:
		return info, err
	}
}

// client returns a client of the API that the flags name, and the local stack if
// it is that one's.
func (t target) client(observe func(time.Duration, int)) (*api.Client, *stack.Info, error) {
	cfg := api.Config{Endpoint: t.Endpoint, APIKey: t.APIKey, Timeout: t.RequestTimeout, Observe: observe}
	if t.RequestTimeout <= 0 {
		return nil, nil, usagef("--request-timeout is %s, it must be more than 0", t.RequestTimeout)
	}
	var local *stack.Info
	if t.Endpoint == "" {
		info, err := runningStack(t.Dir, "--endpoint")
		if err != nil {
			return nil, nil, err
		}
		local, cfg.Endpoint = &info, info.APIURL
		if cfg.APIKey == "" {
			cfg.APIKey = info.APIKey
		}
	}
	client, err := api.New(cfg)
	return client, local, err
}

// queues returns the queues that the flags name.
func (t queueTarget) queues(ctx context.Context, logger *slog.Logger) (*deadletters.Queue, error) {
	if t.DLQURL == "" {
		info, err := runningStack(t.Dir, "--dlq-url")
		if err != nil {
			return nil, err
		}
		return localQueues(info, logger)
	}
	cfg, err := awsConfig(ctx, t.Region, t.DLQURL)
	if err != nil {
		return nil, err
	}
	return deadletters.New(deadletters.Config{Client: sqs.NewFromConfig(cfg), DLQURL: t.DLQURL, QueueURL: t.QueueURL, Logger: logger})
}

func localQueues(info stack.Info, logger *slog.Logger) (*deadletters.Queue, error) {
	client := sqs.New(sqs.Options{
		Region: info.Region, BaseEndpoint: aws.String(info.AWSEndpoint),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return deadletters.New(deadletters.Config{
		Client: client, DLQURL: info.DLQURL, QueueURL: info.QueueURL, ShortPoll: true, Logger: logger,
	})
}

var regionOfHost = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.`)

// awsConfig reads the environment and the profile. Where neither names a region,
// the queue's URL does.
func awsConfig(ctx context.Context, region, queueURL string) (aws.Config, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region))
	if err != nil {
		return cfg, fmt.Errorf("read the AWS settings: %w", err)
	}
	if cfg.Region == "" {
		if parsed, err := url.Parse(queueURL); err == nil {
			if match := regionOfHost.FindStringSubmatch(parsed.Host); match != nil {
				cfg.Region = match[1]
			}
		}
	}
	if cfg.Region == "" {
		return cfg, errors.New("the AWS region is not known: give --region or AWS_REGION")
	}
	return cfg, nil
}

// logger writes warnings of a command's parts to its error output.
func (a *app) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{
		Level: slog.LevelWarn,
		ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
			if len(groups) == 0 && attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	}))
}
