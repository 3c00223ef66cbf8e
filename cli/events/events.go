// Package events holds the commands that send and read events.
package events

import (
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Commands are the commands of this group.
type Commands struct {
	Send   sendCommand   `cmd:"" help:"Send one event, a file of them, or generated ones."`
	Import importCommand `cmd:"" help:"Send a file of events, compressed or not, and go on after an interruption."`
	Load   loadCommand   `cmd:"" help:"Send events at a fixed or rising rate, measure latencies, and find what is lost."`
	Get    getCommand    `cmd:"" help:"Show one event."`
	Status statusCommand `cmd:"" help:"Show the processing status of one event."`
	List   listCommand   `cmd:"" help:"List a user's events, newest first."`

	Failures failuresCommand `cmd:"" help:"List what failed, or is under way, with the reasons."`
}

// Limits returns the limits of the contract that the help texts of flags state.
func Limits() kong.Vars {
	return kong.Vars{
		"batch_limit":     strconv.Itoa(contract.BatchLimit),
		"in_flight_limit": strconv.Itoa(inFlightLimit), "follow_limit": strconv.Itoa(followLimit),
		"page_limit": strconv.Itoa(contract.PageLimit), "page_default": strconv.Itoa(contract.PageDefault),
		"amount_digits": strconv.Itoa(contract.AmountIntegerDigits), "amount_decimals": strconv.Itoa(contract.AmountDecimals),
	}
}
