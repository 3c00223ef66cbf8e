package target

import (
	"os"
	"strings"

	"github.com/fluxa/fluxa/cli/exit"
)

// setting is one that says which stack is meant, with the flag and the environment
// variable that give it.
type setting struct{ value, flag, variable string }

// String names the setting as it was given: by the environment, or by the flag. Kong does
// not tell which, and a flag with the environment's own value makes no difference.
func (s setting) String() string {
	if s.fromEnvironment() {
		return s.variable
	}
	return s.flag
}

func (s setting) fromEnvironment() bool { return os.Getenv(s.variable) == s.value }

// given says which stack is meant, and what is needed of it.
type given struct {
	Local
	Deployed
	Endpoint, APIKey, KeyOf string
	QueueURL, DLQURL        string
}

func (g given) profile() setting { return setting{g.Profile, "--profile", "FLUXA_PROFILE"} }
func (g given) stage() setting   { return setting{g.Stage, "--stage", "FLUXA_STAGE"} }
func (g given) namePrefix() setting {
	return setting{g.NamePrefix, "--name-prefix", "FLUXA_NAME_PREFIX"}
}
func (g given) endpoint() setting { return setting{g.Endpoint, "--endpoint", "FLUXA_ENDPOINT"} }
func (g given) queueURL() setting { return setting{g.QueueURL, "--queue-url", "FLUXA_QUEUE_URL"} }
func (g given) dlqURL() setting   { return setting{g.DLQURL, "--dlq-url", "FLUXA_DLQ_URL"} }
func (g given) dir() setting      { return setting{g.Dir, "--dir", "FLUXA_DIR"} }

func set(settings ...setting) (out []setting) {
	for _, s := range settings {
		if s.value != "" {
			out = append(out, s)
		}
	}
	return out
}

func names(settings []setting) string {
	var out []string
	for _, s := range settings {
		out = append(out, s.String())
	}
	return strings.Join(out, " and ")
}

func areParts(settings []setting) string {
	if len(settings) == 1 {
		return "is a part"
	}
	return "are parts"
}

// part is what a command needs of a stack.
type part struct {
	name string
	of   func(given) setting // names it
}

var (
	partAPI   = &part{"the API", given.endpoint}
	partQueue = &part{"the dead-letter queue", given.dlqURL}
	// partFunctions are told by a stage's stacks alone.
	partFunctions = &part{"the functions", given.stage}
)

// check refuses settings of which some name one stack and others another: a command must
// not act on the local stack for one that means a deployed one, nor the reverse.
func (g given) check(needed *part) error {
	if prefix := g.namePrefix(); prefix.value != "" && !prefix.fromEnvironment() && g.Stage == "" {
		return exit.Usagef("%s is of a stage: give --stage NAME too; a profile has a name_prefix of its own", prefix)
	}
	whole := set(g.profile(), g.stage())
	parts := set(g.endpoint(), g.queueURL(), g.dlqURL())
	if len(whole) > 1 || (len(whole) == 1 && len(parts) > 0) {
		return exit.Usagef("%s name two stacks: give one of them, and unset the others", names(append(whole, parts...)))
	}
	deployed := append(whole, parts...)
	if len(deployed) == 0 {
		return nil
	}
	if dir := g.dir(); dir.value != "" && !dir.fromEnvironment() {
		return exit.Usagef("%s names the local stack, and %s a deployed one: give one of them", dir, names(deployed))
	}
	wanted := needed.of(g)
	switch {
	case len(whole) == 1:
		return nil
	case needed == partFunctions:
		return exit.Usagef("%s %s of a deployed stack, whose functions are found by --stage NAME: give that instead; for the local stack, unset %s",
			names(parts), areParts(parts), names(parts))
	case wanted.value == "":
		return exit.Usagef("%s %s of a deployed stack, and nothing names %s of it: give %s too, or --stage NAME for all of them; for the local stack, unset %s",
			names(parts), areParts(parts), needed.name, wanted.flag, names(parts))
	case needed == partQueue && g.Endpoint == "" && wanted.fromEnvironment() && g.runs():
		return exit.Usagef("%s names a deployed stack's queue, but a local stack runs under %s: give %s or --stage NAME for the deployed one; for the local one, unset %s",
			wanted, g.Folder(), wanted.flag, names(parts))
	}
	return nil
}
