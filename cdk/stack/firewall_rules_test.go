package stack_test

import (
	"regexp"
	"strings"
)

// firewallRule is a rule of a group that AWS keeps: which part of a request it
// inspects, and what it finds there. AWS documents examples and names
// vulnerabilities, never the whole pattern, so what is written here matches the
// examples and no less than them.
type firewallRule struct {
	name   string
	part   func(wireRequest) []string
	finds  *regexp.Regexp // nil: AWS documents no pattern, the rule may find anything
	over   int            // instead: it finds what has more bytes than that
	absent bool           // instead: it finds that the part is not there
}

func (r firewallRule) matches(request wireRequest) bool {
	parts := r.part(request)
	if r.absent {
		return len(parts) == 0
	}
	for _, part := range parts {
		switch {
		case r.over > 0:
			if len(part) > r.over {
				return true
			}
		case r.finds == nil || r.finds.MatchString(part):
			return true
		}
	}
	return false
}

// What the rules find. The comment is what AWS's page gives as examples.
var (
	javaDeserialization = regexp.MustCompile(`(?i)java\.lang\.runtime|class\.module\.classloader`) // (java.lang.Runtime).getRuntime().exec("whoami"), CVE-2022-22963, CVE-2022-22965
	log4j               = regexp.MustCompile(`\$\{`)                                               // ${jndi:ldap://example.com/}
	exploitablePath     = regexp.MustCompile(`(?i)web-inf`)                                        // paths like web-inf
	metadataService     = regexp.MustCompile(`169\.254\.169\.254`)                                 // none: it is the address of EC2's metadata
	traversal           = regexp.MustCompile(`\.\./`)                                              // techniques like ../../
	systemExtension     = regexp.MustCompile(`(?i)\.(log|ini)`)                                    // extensions like .log and .ini
	remoteFile          = regexp.MustCompile(`(?i)(https?|ftps?|file)://[0-9]+\.[0-9]`)            // http:// and others with an IPv4 host
	script              = regexp.MustCompile(`(?i)<script`)                                        // <script>alert("hello")</script>
	badBot              = regexp.MustCompile(`(?i)nessus|nmap`)                                    // nessus, and nmap
	localhost           = regexp.MustCompile(`(?i)localhost`)                                      // localhost
	propfind            = regexp.MustCompile(`PROPFIND`)
	never               = regexp.MustCompile(`[^\x00-\x{10FFFF}]`) // by address: nothing that a request says
)

// firewallRules returns every rule of the groups in use, as of November 2026:
// "Baseline rule groups",
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
// "IP reputation rule groups",
// https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
func firewallRules() map[string][]firewallRule {
	return map[string][]firewallRule{
		"AWSManagedRulesAmazonIpReputationList": {
			{name: "AWSManagedIPReputationList", part: wireRequest.headers, finds: never},
			{name: "AWSManagedReconnaissanceList", part: wireRequest.headers, finds: never},
			{name: "AWSManagedIPDDoSList", part: wireRequest.headers, finds: never},
		},
		"AWSManagedRulesKnownBadInputsRuleSet": {
			{name: "JavaDeserializationRCE_HEADER", part: wireRequest.headers, finds: javaDeserialization},
			{name: "JavaDeserializationRCE_BODY", part: wireRequest.bodies, finds: javaDeserialization},
			{name: "JavaDeserializationRCE_URIPATH", part: wireRequest.paths, finds: javaDeserialization},
			{name: "JavaDeserializationRCE_QUERYSTRING", part: wireRequest.queries, finds: javaDeserialization},
			{name: "Host_localhost_HEADER", part: wireRequest.hosts, finds: localhost},
			{name: "PROPFIND_METHOD", part: wireRequest.methods, finds: propfind},
			{name: "ExploitablePaths_URIPATH", part: wireRequest.paths, finds: exploitablePath},
			{name: "Log4JRCE_HEADER", part: wireRequest.headers, finds: log4j},
			{name: "Log4JRCE_QUERYSTRING", part: wireRequest.queries, finds: log4j},
			{name: "Log4JRCE_BODY", part: wireRequest.bodies, finds: log4j},
			{name: "Log4JRCE_URIPATH", part: wireRequest.paths, finds: log4j},
			{name: "ReactJSRCE_BODY", part: wireRequest.bodies}, // CVE-2025-55182
		},
		"AWSManagedRulesCommonRuleSet": {
			{name: "NoUserAgent_HEADER", part: wireRequest.userAgents, absent: true},
			{name: "UserAgent_BadBots_HEADER", part: wireRequest.userAgents, finds: badBot},
			{name: "SizeRestrictions_QUERYSTRING", part: wireRequest.rawQueries, over: 2048},
			{name: "SizeRestrictions_Cookie_HEADER", part: wireRequest.cookies, over: 10_240},
			{name: "SizeRestrictions_BODY", part: wireRequest.bodies, over: 8192},
			{name: "SizeRestrictions_URIPATH", part: wireRequest.paths, over: 1024},
			{name: "EC2MetaDataSSRF_BODY", part: wireRequest.bodies, finds: metadataService},
			{name: "EC2MetaDataSSRF_COOKIE", part: wireRequest.cookies, finds: metadataService},
			{name: "EC2MetaDataSSRF_URIPATH", part: wireRequest.paths, finds: metadataService},
			{name: "EC2MetaDataSSRF_QUERYARGUMENTS", part: wireRequest.queries, finds: metadataService},
			{name: "GenericLFI_QUERYARGUMENTS", part: wireRequest.queries, finds: traversal},
			{name: "GenericLFI_URIPATH", part: wireRequest.paths, finds: traversal},
			{name: "GenericLFI_BODY", part: wireRequest.bodies, finds: traversal},
			{name: "RestrictedExtensions_URIPATH", part: wireRequest.paths, finds: systemExtension},
			{name: "RestrictedExtensions_QUERYARGUMENTS", part: wireRequest.queries, finds: systemExtension},
			{name: "GenericRFI_QUERYARGUMENTS", part: wireRequest.queries, finds: remoteFile},
			{name: "GenericRFI_BODY", part: wireRequest.bodies, finds: remoteFile},
			{name: "GenericRFI_URIPATH", part: wireRequest.paths, finds: remoteFile},
			{name: "CrossSiteScripting_COOKIE", part: wireRequest.cookies, finds: script},
			{name: "CrossSiteScripting_QUERYARGUMENTS", part: wireRequest.queries, finds: script},
			{name: "CrossSiteScripting_BODY", part: wireRequest.bodies, finds: script},
			{name: "CrossSiteScripting_URIPATH", part: wireRequest.paths, finds: script},
		},
	}
}

// hostile are texts that the rules look for, one of each pattern. All of them are
// good text of an event.
func hostile() []string {
	return []string{
		`(java.lang.Runtime).getRuntime().exec("whoami")`, "class.module.classLoader.resources", "${jndi:ldap://example.com/}", "web-inf",
		"169.254.169.254", "../../etc/passwd", "...", "orders.log", "php.ini", "http://192.0.2.1/", `<script>alert("hello")</script>`,
		"nessus", "localhost", "PROPFIND", strings.Repeat("😀", 256), strings.Repeat("a", 128),
	}
}
