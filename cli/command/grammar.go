package command

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// grammar is the command line. Each command is a struct with its flags and a
// method Run.
type grammar struct {
	Up      upCommand      `cmd:"" group:"stack" help:"Run a local stack until Ctrl-C, or with --detach in the background."`
	Down    downCommand    `cmd:"" group:"stack" help:"Stop the local stack; its data stays."`
	Reset   resetCommand   `cmd:"" group:"stack" help:"Stop the local stack and remove its data."`
	Migrate migrateCommand `cmd:"" group:"stack" help:"Apply the migrations that a database does not have yet."`
	Verify  verifyCommand  `cmd:"" group:"stack" help:"Send an event through every part and tell what works."`

	Send   sendCommand   `cmd:"" group:"events" help:"Send one event, a file of them, or generated ones."`
	Get    getCommand    `cmd:"" group:"events" help:"Show one event."`
	Status statusCommand `cmd:"" group:"events" help:"Show the processing status of one event."`
	List   listCommand   `cmd:"" group:"events" help:"List a user's events, newest first."`

	DLQ dlqCommand `cmd:"" name:"dlq" group:"dlq" help:"Look into the dead-letter queue, send messages back, empty it."`

	Version versionCommand `cmd:"" help:"Show which release this is."`
}

type dlqCommand struct {
	Ls      dlqLsCommand      `cmd:"" help:"List dead letters with their reasons."`
	Show    dlqShowCommand    `cmd:"" help:"Show the dead letters of one id whole."`
	Redrive dlqRedriveCommand `cmd:"" help:"Send dead letters back to the events queue."`
	Purge   dlqPurgeCommand   `cmd:"" help:"Delete all dead letters for good."`
}

// target says which stack a command talks to.
type target struct {
	Dir            string        `default:".fluxa" env:"FLUXA_DIR" placeholder:"FOLDER" help:"Data folder of the local stack (default ${default})."`
	Endpoint       string        `env:"FLUXA_ENDPOINT" placeholder:"URL" help:"API of a deployed stack, such as https://host/stage. Default: the local stack's."`
	APIKey         string        `name:"api-key" env:"FLUXA_API_KEY" placeholder:"KEY" help:"API key. Default: the local stack's."`
	RequestTimeout time.Duration `default:"30s" help:"How long one try of a request may take (default ${default})."`
}

// queueTarget says which queues a command works on.
type queueTarget struct {
	Dir      string `default:".fluxa" env:"FLUXA_DIR" placeholder:"FOLDER" help:"Data folder of the local stack (default ${default})."`
	QueueURL string `name:"queue-url" env:"FLUXA_QUEUE_URL" placeholder:"URL" help:"Events queue of a deployed stack. Default: the local stack's."`
	DLQURL   string `name:"dlq-url" env:"FLUXA_DLQ_URL" placeholder:"URL" help:"Dead-letter queue of a deployed stack, reached with the AWS credentials of the environment. Default: the local stack's."`
	Region   string `env:"AWS_REGION" placeholder:"REGION" help:"AWS region. Default: the one in the queue's URL."`
}

// format says how a command writes its result.
type format struct {
	Output string `short:"o" enum:"json,text" default:"json" help:"json or text (default ${default})."`
}

type textFormat struct {
	Output string `short:"o" enum:"json,text" default:"text" help:"json or text (default ${default})."`
}

// rate is a number of things in a second; 0 does not bound it.
type rate float64

func decodeRate(c *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := c.Scan.PopValueInto("rate", &text); err != nil {
		return err
	}
	number, unit, _ := strings.Cut(text, "/")
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || value < 0 || value > 1e9 {
		return fmt.Errorf("%q is not a rate such as 50, 50/s or 10/m", text)
	}
	switch unit {
	case "", "s":
	case "m":
		value /= 60
	case "h":
		value /= 3600
	default:
		return fmt.Errorf("%q is not a rate such as 50, 50/s or 10/m", text)
	}
	target.SetFloat(value)
	return nil
}

// size is a number of bytes.
type size int

func decodeSize(c *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := c.Scan.PopValueInto("size", &text); err != nil {
		return err
	}
	number, factor := text, 1
	for unit, bytes := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20} {
		if before, ok := strings.CutSuffix(text, unit); ok {
			number, factor = strings.TrimSpace(before), bytes
		}
	}
	value, err := strconv.ParseUint(number, 10, 31)
	if err != nil || value > 1<<31/uint64(factor) {
		return fmt.Errorf("%q is not a size such as 500, 300KiB or 2MiB", text)
	}
	target.SetInt(int64(value) * int64(factor))
	return nil
}
