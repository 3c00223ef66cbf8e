package look

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// shownApart are the fields of a line that stand at its beginning, or say what everybody
// knows.
var shownApart = []string{telemetry.KeyTimestamp, telemetry.KeyLevel, telemetry.KeyMessage, telemetry.KeyService, telemetry.KeyEnvironment}

// lineOf is a log line for people, with a colour for each function. What is not of a
// function's logger, such as a stack trace, is shown as it is.
func lineOf(c console.Console, style console.Style, function contract.Function, line []byte) string {
	name := style.Hue(slices.Index(contract.Functions(), function), fmt.Sprintf("%-9s", function))
	e, ok := activity.ParseEntry(line)
	if !ok {
		return c.Wrap(fmt.Sprintf("%s %s %s", strings.Repeat(" ", len("15:04:05.000")), name, console.Clean(string(line))), 23)
	}
	level := fmt.Sprintf("%-5s", e.Level)
	if e.Level == "ERROR" || e.Level == "WARN" {
		level = style.Bad(level)
	}
	return c.Wrap(fmt.Sprintf("%s %s %s %s%s", style.Dim(clock(e.At)), name, level, console.Clean(e.Message), fields(style, line)), 23)
}

// fields are the others of a line, in their order.
func fields(style console.Style, line []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if _, err := decoder.Token(); err != nil {
		return ""
	}
	var out strings.Builder
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		name, _ := key.(string)
		if slices.Contains(shownApart, name) {
			continue
		}
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		out.WriteString(" " + style.Dim(console.Clean(name)+"=") + console.Clean(text))
	}
	return out.String()
}
