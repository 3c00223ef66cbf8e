package stacks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
)

type migrateCommand struct {
	target.Functions
	DatabaseURL string        `name:"database-url" group:"target" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to migrate. Default: the local stack's."`
	Timeout     time.Duration `default:"5m" placeholder:"DURATION" help:"Time limit (default ${default})."`
}

func (migrateCommand) Help() string {
	return `Prints each migration that it applied. Running it again, or several at once, is safe. A deployed stage is migrated by its function migrate, as at each deploy.

    fluxa migrate
    fluxa migrate --stage dev
    fluxa migrate --database-url postgres://user:password@host:5432/fluxa`
}

func (m migrateCommand) Run(ctx context.Context, c console.Console) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.Timeout, fmt.Errorf("it took longer than %s", m.Timeout))
	defer cancel()
	applied, err := m.migrate(ctx, c)
	for _, name := range applied {
		fmt.Fprintf(c.Out, "applied %s\n", console.Clean(name))
	}
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(c.Out, "nothing to apply: the database is up to date")
	}
	return nil
}

func (m migrateCommand) migrate(ctx context.Context, c console.Console) ([]string, error) {
	switch {
	case m.DatabaseURL == "":
	case m.Stage != "" || m.Profile != "":
		return nil, exit.Usagef("--database-url (or DATABASE_URL) names a database, and --stage or --profile another: give one of them")
	default:
		(&target.Stack{Name: databaseName(m.DatabaseURL)}).Tell(c)
		return up(ctx, m.DatabaseURL)
	}
	on, err := m.Find(ctx)
	if err != nil {
		return nil, err
	}
	on.Tell(c)
	if on.Local != nil {
		return up(ctx, on.Local.DatabaseURL)
	}
	return invoke(ctx, on)
}

func up(ctx context.Context, url string) (names []string, err error) {
	applied, err := pgmigrate.Up(ctx, url)
	for _, migration := range applied {
		names = append(names, migration.Name)
	}
	return names, err
}

// databaseName is the URL of a database without what logs in.
func databaseName(text string) string {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" {
		return "the given database"
	}
	return "the database " + parsed.Host + parsed.Path
}

// invoke has the stage's own function apply the migrations that it carries.
func invoke(ctx context.Context, on *target.Stack) ([]string, error) {
	name, err := on.Function(contract.FunctionMigrate)
	if err != nil {
		return nil, err
	}
	got, err := lambda.NewFromConfig(on.AWS).Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: []byte("{}")})
	if err != nil {
		return nil, fmt.Errorf("invoke %s: %w", name, err)
	}
	var answer struct {
		Applied []string `json:"applied"`
		Error   string   `json:"errorMessage"`
	}
	if err := json.Unmarshal(got.Payload, &answer); err != nil {
		return nil, fmt.Errorf("%s did not answer with the expected JSON: %w", name, err)
	}
	if got.FunctionError != nil {
		return nil, errors.New(console.OneLine(fmt.Errorf("%s failed: %s; its log says more", name, answer.Error)))
	}
	return answer.Applied, nil
}
