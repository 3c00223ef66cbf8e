package terraform

import (
	"regexp"
	"slices"
	"strings"
)

// title writes a name as the constructs do: ingest as Ingest.
func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// name returns what a resource is called, from its construct path without what
// its type says already.
func (t tables) name(key string, m *mapping) string {
	short := key
	for _, s := range t.names {
		if rest, is := strings.CutPrefix(key, s.from); is {
			short = s.to + rest
			break
		}
	}
	segments := strings.Split(short, "/")
	isNoun := func(segment string) bool {
		return segment == "Resource" || segment == "Default" || slices.ContainsFunc(m.nouns, func(noun string) bool { return matches(noun, segment) })
	}
	for len(segments) > 1 && isNoun(segments[len(segments)-1]) {
		segments = segments[:len(segments)-1]
	}
	return snake(strings.Join(segments, "_"))
}

// snake writes a name in the letters and the manner of Terraform.
func snake(name string) string {
	name = regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(name, "${1}_$2")
	name = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`).ReplaceAllString(name, "${1}_$2")
	name = regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(name, "_")
	return strings.ToLower(strings.Trim(name, "_"))
}

// fileOf returns the file of a module in which a resource stands: that of its
// stack's construct, of which some share one.
func fileOf(key string) string {
	segments := strings.Split(key, "/")
	if segments[0] == "Network" {
		return "network"
	}
	shared := map[string]string{"TopicKey": "notifications", "APIErrors": "canaries", "Migrations": "migrate"}
	if file, is := shared[segments[1]]; is {
		return file
	}
	return snake(segments[1])
}
