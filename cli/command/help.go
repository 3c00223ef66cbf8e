package command

import (
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/pkg/contract"
)

// limits are what the help texts of flags say of the contract.
func limits() kong.Vars {
	return kong.Vars{
		"batch_limit": strconv.Itoa(contract.BatchLimit),
		"page_limit":  strconv.Itoa(contract.PageLimit), "page_default": strconv.Itoa(contract.PageDefault),
		"amount_digits": strconv.Itoa(contract.AmountIntegerDigits), "amount_decimals": strconv.Itoa(contract.AmountDecimals),
	}
}

const upHelp = `Starts PostgreSQL, the emulated SQS, SNS and S3, the functions and the API, applies the migrations, and prints where everything is. The data is in the data folder and survives a stop.

    fluxa up
    PORT=9080 fluxa up
    fluxa up --detach && fluxa verify && fluxa down`

const downHelp = `Asks the stack to stop and waits until it is gone. When none runs, that is said, and it is no error.

    fluxa down`

const resetHelp = `Stops the stack and removes its data folder. On a terminal it asks first. It removes only a folder that fluxa up made.

    fluxa reset
    fluxa reset --yes --dir /tmp/trial`

const migrateHelp = `Prints each migration that it applied. Running it again, or several at once, is safe.

    fluxa migrate
    fluxa migrate --database-url postgres://user:password@host:5432/fluxa`

const verifyHelp = `Sends one event and follows it: health, ingest, the row in the database, the query with the same digits, the metrics, and that the dead-letter queue is empty. Exit code 0 when no check failed, else 1.

    fluxa verify
    fluxa verify --endpoint https://host/dev --api-key KEY --dlq-url URL --stage dev
    fluxa verify --endpoint https://host/dev --skip-metrics --skip-dlq -o json`

const sendHelp = `What a passing fault refuses (429, 502, 503, 504, no connection) is sent again, up to 5 times, each request with an Idempotency-Key of its own, so that no event becomes two. Latency is that of each answered try. Exit code 1 when any event was not accepted.

    fluxa send --user-id ada --amount 99.99 --currency EUR --merchant "Corner Shop"
    fluxa send --file events.ndjson --rejects rejected.ndjson
    fluxa send --generate 10000 --rate 500/s --concurrency 8
    zcat events.gz | fluxa send --file -`

const getHelp = `    fluxa get 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77
    fluxa get first --output text`

const statusHelp = `With --wait it waits until the event is processed or given up; exit code 1 when it is not processed by then. An event that was given up is exit code 1 in any case.

    fluxa status first
    fluxa status first --wait 30s`

const listHelp = `The metadata of an event whose payload is in S3 is left out; fluxa get shows it.

    fluxa list --user-id ada --limit 10
    fluxa list --user-id ada --from 2026-01-01T00:00:00Z --all --output text`

const dlqLsHelp = `Receives messages for a moment and gives them back at once; each look counts as a receive.

    fluxa dlq ls
    fluxa dlq ls --limit 100 --output json`

const dlqShowHelp = `    fluxa dlq show 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77`

const dlqRedriveHelp = `Each message is sent to the events queue as it came, without the attributes that say why it was given up, and only then deleted from the dead-letter queue: none is ever lost. A message that is given up again meanwhile stays. Ctrl-C finishes the one in hand. Exit code 1 when any message was not sent back.

    fluxa dlq redrive --all --dry-run
    fluxa dlq redrive --all --rate 5/s
    fluxa dlq redrive first 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77`

const dlqPurgeHelp = `    fluxa dlq purge
    fluxa dlq purge --yes`
