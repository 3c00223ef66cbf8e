package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// Glob is a text in which * stands for anything.
type Glob string

// Matches reports whether the text is one that the glob describes.
func (g Glob) Matches(text string) bool {
	words := strings.Split(string(g), "*")
	if len(words) == 1 {
		return words[0] == text
	}
	rest, begins := strings.CutPrefix(text, words[0])
	if !begins {
		return false
	}
	last := len(words) - 1
	for _, word := range words[1:last] {
		_, after, found := strings.Cut(rest, word)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, words[last])
}

// Title writes a name as the constructs do: ingest as Ingest.
func Title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// Name returns what a resource is called, from its construct path without what its
// type says already.
func (c Catalog) Name(key string, t *Type) string {
	short := key
	for _, s := range c.names {
		if rest, is := strings.CutPrefix(key, s.from); is {
			short = s.to + rest
			break
		}
	}
	segments := strings.Split(short, "/")
	isNoun := func(segment string) bool {
		return segment == "Resource" || segment == "Default" || slices.ContainsFunc(t.Nouns, func(noun string) bool { return Glob(noun).Matches(segment) })
	}
	for len(segments) > 1 && isNoun(segments[len(segments)-1]) {
		segments = segments[:len(segments)-1]
	}
	name := Snake(strings.Join(segments, "_"))
	if t.Shorten != nil {
		name = t.Shorten(name)
	}
	return name
}

// Snake writes a name in the letters and the manner of Terraform.
func Snake(name string) string {
	name = regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(name, "${1}_$2")
	name = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`).ReplaceAllString(name, "${1}_$2")
	name = regexp.MustCompile(`[^A-Za-z0-9]+`).ReplaceAllString(name, "_")
	return strings.ToLower(strings.Trim(name, "_"))
}

// File returns the file of a module in which a resource stands: that of its stack's
// construct, of which some share one.
func File(key string) string {
	segments := strings.Split(key, "/")
	if segments[0] == "Network" {
		return "network"
	}
	shared := map[string]string{"TopicKey": "notifications", "Migrations": "migrate", "Maintenance": "maintain"}
	if file, is := shared[segments[1]]; is {
		return file
	}
	return Snake(segments[1])
}

// shortName replaces the beginning of a construct path in names, so that a name
// says what an engineer would say. The first that fits counts.
type shortName struct{ from, to string }

func shortNames() []shortName {
	return []shortName{
		{"Network/Private/VPC/isolatedSubnet*/", "Isolated/"},
		{"Network/Private/VPC/Resource", "Main"},
		{"Network/Private/VPC/", ""},
		{"Network/Private/", ""},
		{"Network/", ""},
		{"Data/Database/ProxyRole/", "Database/Proxy/Role/"},
		{"Data/", ""},
		{"Pipeline/API/API/Default/", "API/"},
		{"Pipeline/API/API/CloudWatchRole", "API/Logs"},
		{"Pipeline/API/API/", "API/"},
		{"Pipeline/API/Model", "API/"},
		{"Pipeline/Notifications/", "Notifications/"},
		{"Pipeline/", ""},
		{"Observability/Alarms/Topic/Topic/", "Alarms/Topic/"},
		{"Observability/Alarms/", ""},
		{"Observability/Queries/", ""},
		{"Observability/", ""},
	}
}
