// Package target says which stack a command works on: the local one, or the
// deployed one that its flags name.
package target

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
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/process"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/awsclient"
	api "github.com/fluxa/fluxa/pkg/client"
)

// Local names the local stack.
type Local struct {
	Dir string `default:".fluxa" env:"FLUXA_DIR" placeholder:"FOLDER" help:"Data folder of the local stack (default ${default})."`
}

// Running returns the local stack; instead is the flag to suggest when none runs.
func (t Local) Running(instead string) (stack.Info, error) {
	info, err := stack.ReadInfo(t.Dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !process.IsStack(info.PID)) {
		return info, fmt.Errorf("no local stack under %s: run `make up`, or give %s", t.Dir, instead)
	}
	return info, err
}

// API names a stack by its API.
type API struct {
	Local
	Endpoint       string        `env:"FLUXA_ENDPOINT" placeholder:"URL" help:"API of a deployed stack, such as https://host/stage. Default: the local stack's."`
	APIKey         string        `name:"api-key" env:"FLUXA_API_KEY" placeholder:"KEY" help:"API key. Default: the local stack's."`
	RequestTimeout time.Duration `default:"30s" placeholder:"DURATION" help:"Time limit of each try of a request (default ${default})."`
}

// Client returns a client of the API, and the local stack if it is that one's. cfg
// has the settings that are not flags; its zero value will do.
func (t API) Client(cfg api.Config) (*api.Client, *stack.Info, error) {
	if t.RequestTimeout <= 0 {
		return nil, nil, exit.Usagef("--request-timeout is %s, it must be more than 0", t.RequestTimeout)
	}
	var local *stack.Info
	if t.Endpoint == "" {
		info, err := t.Running("--endpoint")
		if err != nil {
			return nil, nil, err
		}
		local, t.Endpoint = &info, info.APIURL
		if t.APIKey == "" {
			t.APIKey = info.APIKey
		}
	}
	cfg.Endpoint, cfg.APIKey, cfg.Timeout, cfg.UserAgent = t.Endpoint, t.APIKey, t.RequestTimeout, "fluxa-cli"
	client, err := api.New(cfg)
	return client, local, err
}

// Owner says whose events are read.
type Owner struct {
	Of *string `name:"client" placeholder:"NAME" help:"Read the events of this client, with a key that reads all; an empty name means those that were sent while the stage had no clients. Default: the key's own."`
}

// Reads returns the client that reads them.
func (o Owner) Reads(c *api.Client) *api.Client {
	if o.Of == nil {
		return c
	}
	return c.Of(*o.Of)
}

// Queues names a stack by its queues.
type Queues struct {
	Local
	QueueURL string `name:"queue-url" env:"FLUXA_QUEUE_URL" placeholder:"URL" help:"Events queue of a deployed stack. Default: the local stack's."`
	DLQURL   string `name:"dlq-url" env:"FLUXA_DLQ_URL" placeholder:"URL" help:"Dead-letter queue of a deployed stack, reached with the AWS credentials of the environment. Default: the local stack's."`
	Region   string `env:"AWS_REGION" placeholder:"REGION" help:"AWS region. Default: the one in the queue's URL."`
}

// Open returns the dead-letter queue.
func (t Queues) Open(ctx context.Context, logger *slog.Logger) (*deadletters.Queue, error) {
	if t.DLQURL == "" {
		info, err := t.Running("--dlq-url")
		if err != nil {
			return nil, err
		}
		return LocalQueues(info, logger)
	}
	cfg, err := AWSConfig(ctx, t.Region, t.DLQURL)
	if err != nil {
		return nil, err
	}
	return deadletters.New(deadletters.Config{Client: sqs.NewFromConfig(cfg), DLQURL: t.DLQURL, QueueURL: t.QueueURL, Logger: logger})
}

// LocalQueues returns the dead-letter queue of the local stack.
func LocalQueues(info stack.Info, logger *slog.Logger) (*deadletters.Queue, error) {
	client := sqs.New(sqs.Options{
		Region: info.Region, BaseEndpoint: aws.String(info.AWSEndpoint), HTTPClient: httpClient(),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	return deadletters.New(deadletters.Config{Client: client, DLQURL: info.DLQURL, QueueURL: info.QueueURL, ShortPoll: true, Logger: logger})
}

var regionOfHost = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.`)

// AWSConfig reads the environment and the profile. Where neither names a region,
// the queue's URL does.
func AWSConfig(ctx context.Context, region, queueURL string) (aws.Config, error) {
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
	cfg.HTTPClient = httpClient()
	return cfg, nil
}

func httpClient() aws.HTTPClient { return awsclient.ReadOnly(awshttp.NewBuildableClient()) }
