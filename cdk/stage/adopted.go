package stage

import (
	"regexp"
	"strings"
)

var (
	instancePattern   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	hostPattern       = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+){2}\.rds\.amazonaws\.com(\.cn)?$`)
	resourceIDPattern = regexp.MustCompile(`^db-[A-Z0-9]+$`)
	// RDS's secrets begin with rds!, and the VPC's endpoint lets no others be read.
	secretPattern = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:secretsmanager:([a-z0-9-]+):[0-9]{12}:secret:rds![A-Za-z0-9/_+=.@-]+$`)
)

// check wants all of an instance or nothing.
func (a Adopted) check(l *faultList, region string) {
	if a == (Adopted{}) {
		return
	}
	const all = ", or empty as all of database.adopted, got %q"
	l.require(len(a.Name) <= 63 && instancePattern.MatchString(a.Name), "database.adopted.name",
		"must be the name of an instance such as fluxa-prod-restored"+all, a.Name)
	l.require(hostPattern.MatchString(a.Host) && strings.HasPrefix(a.Host, a.Name+"."), "database.adopted.host",
		"must be the instance's endpoint, which begins with its name and ends with rds.amazonaws.com"+all, a.Host)
	l.require(resourceIDPattern.MatchString(a.ResourceID), "database.adopted.resource_id",
		"must be the instance's DbiResourceId such as db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"+all, a.ResourceID)
	arn := secretPattern.FindStringSubmatch(a.SecretARN)
	l.require(arn != nil, "database.adopted.secret_arn", "must be the ARN of the secret that RDS keeps for the instance, whose name begins with rds!"+all, a.SecretARN)
	l.require(arn == nil || region == "" || arn[2] == region, "database.adopted.secret_arn", "must be of the stage's region %s, got %q", region, a.SecretARN)
}
