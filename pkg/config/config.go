// Package config reads what a function needs from its environment variables
// into one typed struct a function. The names, defaults and demands stand in the
// struct tags once: Load reads by them, Environ writes by them, and Variables lists
// them for whoever sets the environment, the infrastructure and the local stack.
package config

import (
	"fmt"
	"log/slog"
	"time"
)

// Settings is what Load, Environ and Variables know: one struct a function.
type Settings interface {
	Ingest | Processor | Query | Migrate | Maintain | Verify | Authorize
}

// checker is what a pointer to each of the Settings is. A check names a setting by
// the address of its field, so that it cannot name a variable that does not exist.
type checker interface{ check(*faultList) }

var (
	_ checker = (*Ingest)(nil)
	_ checker = (*Processor)(nil)
	_ checker = (*Query)(nil)
	_ checker = (*Migrate)(nil)
	_ checker = (*Maintain)(nil)
	_ checker = (*Verify)(nil)
	_ checker = (*Authorize)(nil)
)

// Ingest is the environment of the ingest function.
type Ingest struct {
	Service
	Queue
	Payloads
	Known
}

// Processor is the environment of the processor. The queue is the one it takes
// its messages from; it changes their visibility there.
type Processor struct {
	Service
	Queue
	Payloads
	Database
	Retry
	DLQURL   string `env:"DLQ_URL,required" want:"the URL of the dead-letter queue"`
	TopicARN string `env:"TOPIC_ARN,required" want:"the ARN of an SNS topic"`
}

// Query is the environment of the query function.
type Query struct {
	Service
	Payloads
	Database
	Known
}

// Migrate is the environment of the migrate function.
type Migrate struct {
	Service
	Administration
}

// Maintain is the environment of the maintain function.
type Maintain struct {
	Service
	Database
	Reach
	DailyExport
	RetentionDays int `env:"FLUXA_RETENTION_DAYS,required" want:"a whole number from 0, which keeps all events, to 36500"`
}

// Verify is the environment of the verify function: the versions of this release.
type Verify struct {
	Service
	IngestVersion    string `env:"INGEST_VERSION_ARN,required" want:"the ARN of a version of a Lambda function"`
	ProcessorVersion string `env:"PROCESSOR_VERSION_ARN,required" want:"the ARN of a version of a Lambda function"`
	QueryVersion     string `env:"QUERY_VERSION_ARN,required" want:"the ARN of a version of a Lambda function"`
}

// Authorize is the environment of the authorize function.
type Authorize struct {
	Service
	Issuer   string `env:"JWT_ISSUER,required" want:"an https URL, as tokens have it in iss"`
	Audience string `env:"JWT_AUDIENCE,required" want:"what tokens have in aud"`
}

// Service is what every function has. Environment names the stage; it is a
// field of each log line and a dimension of each metric. Release says how a new
// version takes over: with "canary" the outcomes of each version are counted, by
// contract.VersionMetrics, where the function has them.
type Service struct {
	Environment string     `env:"FLUXA_ENVIRONMENT,required" want:"the name of the stage: 1 to 32 of a-z 0-9 -, beginning with a letter"`
	LogLevel    slog.Level `env:"FLUXA_LOG_LEVEL" envDefault:"info" want:"debug, info, warn or error"`
	Release     string     `env:"FLUXA_RELEASE" want:"canary, or empty where a new version takes over at once"`
}

// Canary is the Release of a stage in which CodeDeploy tries a new version with a part
// of the traffic.
const Canary = "canary"

// Queue is the events queue.
type Queue struct {
	QueueURL string `env:"QUEUE_URL,required" want:"the URL of the events queue"`
}

// Payloads is the bucket of the payloads that are too large for the queue.
type Payloads struct {
	PayloadBucket string `env:"PAYLOAD_BUCKET,required" want:"the name of an S3 bucket: 3 to 63 of a-z 0-9 . -"`
}

// Server says where PostgreSQL is: either by URL, which then says all, the user
// included, or by Host, Port and Name, with CAFile for the certificates that the
// server's must chain to.
type Server struct {
	URL    Secret `env:"DATABASE_URL" want:"a URL such as postgres://user:password@host:5432/name"`
	Host   string `env:"DB_HOST" want:"a host name or address"`
	Port   int    `env:"DB_PORT" envDefault:"5432" want:"a whole number from 1 to 65535"`
	Name   string `env:"DB_NAME" envDefault:"fluxa" want:"the name of a database"`
	CAFile string `env:"DB_CA_FILE" want:"the path of a file of PEM certificates"`
}

// Database says how a function logs in. User goes with Host: it has no password and
// logs in with IAM. MaxConns bounds the pool of one process.
type Database struct {
	Server
	User     string `env:"DB_USER" want:"the name of a database user"`
	MaxConns int    `env:"DB_MAX_CONNS" envDefault:"2" want:"a whole number from 1 to 100"`
}

// Administration says how the one logs in who makes the users and the tables. The
// secret, which goes with Host, holds the user and the password.
type Administration struct {
	Server
	SecretARN string `env:"DB_SECRET_ARN" want:"the ARN of a Secrets Manager secret"`
}

// Retry says when a message that met a transient failure comes back: after
// about the base, then three times that, and so on up to the maximum.
type Retry struct {
	BaseSeconds int `env:"FLUXA_RETRY_BASE_SECONDS" envDefault:"5" want:"a whole number from 1 to 43200"`
	MaxSeconds  int `env:"FLUXA_RETRY_MAX_SECONDS" envDefault:"60" want:"a whole number from FLUXA_RETRY_BASE_SECONDS to 43200"`
}

// Base returns the first delay.
func (r Retry) Base() time.Duration { return time.Duration(r.BaseSeconds) * time.Second }

// Max returns the longest delay.
func (r Retry) Max() time.Duration { return time.Duration(r.MaxSeconds) * time.Second }

const redacted = "[redacted]"

// Secret is text that no log line and no error shows: formatting, logging and
// encoding it give "[redacted]". Reveal gives the text.
type Secret string

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// Format writes "[redacted]", whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText returns "[redacted]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
