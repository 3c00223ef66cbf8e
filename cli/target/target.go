// Package target says which stack a command works on: the local one, or a deployed one,
// which its stage, a profile or its parts name.
//
// A command that needs the API embeds API, one that needs the dead-letter queue Queues, and
// one that calls a function Functions, whose Find returns the stack: with
// stack.Function(contract.FunctionMaintain) as the function's name and stack.AWS as the
// settings of the Lambda client, for a local stack as for a deployed one. Stack.Tell names
// the stack to people before the command acts; its Name belongs into what the command
// prints as JSON.
package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/logging"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/awsclient"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Deployed names a deployed stack as a whole.
type Deployed struct {
	Stage      string `group:"target" env:"FLUXA_STAGE" placeholder:"NAME" help:"A deployed stage, found by the outputs of its stacks with your AWS credentials."`
	NamePrefix string `group:"target" name:"name-prefix" env:"FLUXA_NAME_PREFIX" placeholder:"PREFIX" help:"With --stage: its setting name_prefix, such as acme-. Default: none."`
	Profile    string `group:"target" env:"FLUXA_PROFILE" placeholder:"NAME" help:"A stack that ~/.config/fluxa/config.yaml names."`
	Region     string `group:"target" env:"AWS_REGION" placeholder:"REGION" help:"AWS region. Default: that of the AWS profile, or the one in the queue's URL."`
}

// Stack is what a command acts on: the local stack or a deployed one. What the settings do
// not name is empty.
type Stack struct {
	Name   string      // for people
	Local  *stack.Info // of the local stack alone
	Stage  string      // of a deployed stage that its name or a profile found
	Prefix string      // of the names of that stage, mostly empty
	AWS    aws.Config  // settings of AWS clients; none where the settings name the API alone

	Endpoint, APIKey string
	QueueURL, DLQURL string
	TopicARN, Bucket string

	functions map[contract.Function]string
	keyIDs    map[string]string
	keyOf     string // the client whose key to use
}

// Environment returns what the stage is called in its metrics; empty for no stage.
func (s *Stack) Environment() string { return contract.Environment(s.Prefix, s.Stage) }

// Flags are those that name the stage.
func (s *Stack) Flags() string {
	if s.Prefix == "" {
		return "--stage " + s.Stage
	}
	return "--stage " + s.Stage + " --name-prefix " + s.Prefix
}

// Tell says on Err which stack a command is going to act on.
func (s *Stack) Tell(c console.Console) {
	fmt.Fprintln(c.Err, console.StyleFor(c.Err).Dim("on "+console.Clean(s.Name)))
}

// Function returns the name by which Lambda knows a function of the stack.
func (s *Stack) Function(f contract.Function) (string, error) {
	name := s.functions[f]
	if name == "" {
		return "", fmt.Errorf("%s does not tell the name of its function %s (output %s): deploy it again, or give --stage NAME", s.Name, f, contract.OutputFunction(f))
	}
	return name, nil
}

// API names a stack by its API.
type API struct {
	Local
	Deployed
	Endpoint       string        `group:"target" env:"FLUXA_ENDPOINT" placeholder:"URL" help:"API of a deployed stack, such as https://host/stage. Default: the local stack's."`
	APIKey         string        `group:"target" name:"api-key" env:"FLUXA_API_KEY" placeholder:"KEY" help:"API key. Default: the local stack's, or the stage's."`
	KeyOf          string        `group:"target" name:"key-of" placeholder:"CLIENT" help:"With --stage: the client whose API key to use. Default: the only one."`
	QueueURL       string        `hidden:"" env:"FLUXA_QUEUE_URL"`
	DLQURL         string        `hidden:"" name:"dlq-url" env:"FLUXA_DLQ_URL"`
	RequestTimeout time.Duration `default:"30s" placeholder:"DURATION" help:"Time limit of each try of a request (default ${default})."`
}

// Client returns a client of the API, and its stack. cfg has the settings that are not
// flags; its zero value will do.
func (t API) Client(ctx context.Context, cfg api.Config) (*api.Client, *Stack, error) {
	if t.RequestTimeout <= 0 {
		return nil, nil, exit.Usagef("--request-timeout is %s, it must be more than 0", t.RequestTimeout)
	}
	found, err := given{t.Local, t.Deployed, t.Endpoint, t.APIKey, t.KeyOf, t.QueueURL, t.DLQURL}.find(ctx, partAPI)
	if err != nil {
		return nil, nil, err
	}
	if found.Endpoint == "" {
		return nil, nil, fmt.Errorf("nothing names the API of %s: give --endpoint, or endpoint in the profile", found.Name)
	}
	if found.APIKey == "" {
		if found.APIKey, err = found.apiKey(ctx); err != nil {
			return nil, nil, err
		}
	}
	cfg.Endpoint, cfg.APIKey, cfg.Timeout, cfg.UserAgent = found.Endpoint, found.APIKey, t.RequestTimeout, "fluxa-cli"
	client, err := api.New(cfg)
	return client, found, err
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
	Deployed
	QueueURL string `group:"target" name:"queue-url" env:"FLUXA_QUEUE_URL" placeholder:"URL" help:"Events queue of a deployed stack. Default: the local stack's."`
	DLQURL   string `group:"target" name:"dlq-url" env:"FLUXA_DLQ_URL" placeholder:"URL" help:"Dead-letter queue of a deployed stack, reached with the AWS credentials of the environment. Default: the local stack's."`
	Endpoint string `hidden:"" env:"FLUXA_ENDPOINT"`
}

// Open returns the dead-letter queue, and its stack.
func (t Queues) Open(ctx context.Context, logger *slog.Logger) (*deadletters.Queue, *Stack, error) {
	found, err := given{Local: t.Local, Deployed: t.Deployed, Endpoint: t.Endpoint, QueueURL: t.QueueURL, DLQURL: t.DLQURL}.find(ctx, partQueue)
	if err != nil {
		return nil, nil, err
	}
	queue, err := found.DeadLetters(logger)
	return queue, found, err
}

// Functions names a stack whose functions are called: the local one, or a stage.
type Functions struct {
	Local
	Deployed
	Endpoint string `hidden:"" env:"FLUXA_ENDPOINT"`
	QueueURL string `hidden:"" env:"FLUXA_QUEUE_URL"`
	DLQURL   string `hidden:"" name:"dlq-url" env:"FLUXA_DLQ_URL"`
}

// Find returns the stack.
func (t Functions) Find(ctx context.Context) (*Stack, error) {
	return given{Local: t.Local, Deployed: t.Deployed, Endpoint: t.Endpoint, QueueURL: t.QueueURL, DLQURL: t.DLQURL}.find(ctx, partFunctions)
}

// DeadLetters returns the stack's dead-letter queue.
func (s *Stack) DeadLetters(logger *slog.Logger) (*deadletters.Queue, error) {
	if s.DLQURL == "" {
		return nil, fmt.Errorf("nothing names the dead-letter queue of %s: give --dlq-url, or dlq_url in the profile", s.Name)
	}
	return deadletters.New(deadletters.Config{
		Client: sqs.NewFromConfig(s.AWS), DLQURL: s.DLQURL, QueueURL: s.QueueURL, ShortPoll: s.Local != nil, Logger: logger,
	})
}

// find returns the stack that is meant.
func (g given) find(ctx context.Context, needed *part) (*Stack, error) {
	if err := g.check(needed); err != nil {
		return nil, err
	}
	if g.KeyOf != "" && g.Stage == "" && g.Profile == "" {
		return nil, exit.Usagef("--key-of is of a stage's API keys: give --stage NAME too, or --api-key")
	}
	var awsProfile string
	name := ""
	if g.Profile != "" {
		p, err := readProfile(g.Profile)
		if err != nil {
			return nil, err
		}
		name, awsProfile = g.Profile, p.AWSProfile
		g.Stage, g.NamePrefix, g.Endpoint, g.QueueURL, g.DLQURL = p.Stage, p.NamePrefix, p.Endpoint, p.QueueURL, p.DLQURL
		g.APIKey, g.KeyOf, g.Region = cmp.Or(g.APIKey, p.APIKey), cmp.Or(g.KeyOf, p.KeyOf), cmp.Or(p.Region, g.Region)
	}
	switch {
	case g.Stage != "":
		settings, err := awsSettings(ctx, awsProfile, g.Region, "")
		if err != nil {
			return nil, err
		}
		found, err := findStage(ctx, settings, g.NamePrefix, g.Stage)
		if err == nil {
			found.APIKey, found.keyOf = g.APIKey, g.KeyOf
		}
		return found, err
	case g.Endpoint != "" || g.DLQURL != "":
		return g.parts(ctx, name, awsProfile)
	}
	return g.local()
}

// local returns the local stack.
func (g given) local() (*Stack, error) {
	info, err := g.Running("--stage NAME for a deployed one")
	if err != nil {
		return nil, err
	}
	return LocalStack(info, g.Folder(), g.APIKey), nil
}

// LocalStack returns the stack that info describes. An empty key is the stack's own.
func LocalStack(info stack.Info, folder, apiKey string) *Stack {
	s := &Stack{
		Name: "the local stack under " + folder, Local: &info, Endpoint: info.APIURL, APIKey: cmp.Or(apiKey, info.APIKey),
		QueueURL: info.QueueURL, DLQURL: info.DLQURL, TopicARN: info.TopicARN, Bucket: info.Bucket,
		AWS: aws.Config{
			Region: info.Region, BaseEndpoint: aws.String(info.AWSEndpoint), HTTPClient: httpClient(),
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		},
		functions: map[contract.Function]string{},
	}
	for _, function := range contract.Functions() {
		s.functions[function] = contract.Named("", string(function), stack.Stage)
	}
	return s
}

// parts returns the deployed stack of which the settings name some parts.
func (g given) parts(ctx context.Context, profile, awsProfile string) (*Stack, error) {
	s := &Stack{Name: cmp.Or(g.Endpoint, g.DLQURL), Endpoint: g.Endpoint, APIKey: g.APIKey, QueueURL: g.QueueURL, DLQURL: g.DLQURL}
	if profile != "" {
		s.Name = fmt.Sprintf("profile %s (%s)", profile, s.Name)
	}
	if g.DLQURL == "" {
		return s, nil
	}
	settings, err := awsSettings(ctx, awsProfile, g.Region, g.DLQURL)
	s.AWS = settings
	return s, err
}

var regionOfHost = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.`)

// AWSConfig reads the environment and the AWS profile. Where neither names a region, the
// queue's URL does.
func AWSConfig(ctx context.Context, region, queueURL string) (aws.Config, error) {
	return awsSettings(ctx, "", region, queueURL)
}

func awsSettings(ctx context.Context, profile, region, queueURL string) (aws.Config, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region), awsconfig.WithSharedConfigProfile(profile), awsconfig.WithLogger(logging.Nop{}))
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
