package schemaprovider

import (
	"hash/crc32"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// facts returns the computed attributes of a data source that have a value of a
// usual form, and not a placeholder.
func (s settings) facts(k kind, config tftypes.Value) (map[string]tftypes.Value, error) {
	arguments, err := partsOf(config)
	if err != nil {
		return nil, err
	}
	region := s.region
	if given, ok := textOf(arguments.fields["region"]); ok {
		region = given
	}
	switch k.name {
	case "data.aws_caller_identity":
		return map[string]tftypes.Value{
			"account_id": text(AccountID),
			"arn":        text("arn:" + partitionOf(s.region).name + ":iam::" + AccountID + ":user/terraform"),
			"id":         text(AccountID),
			"user_id":    text("AIDA00000000000000000"),
		}, nil
	case "data.aws_partition":
		p := partitionOf(s.region)
		return map[string]tftypes.Value{
			"dns_suffix":         text(p.dnsSuffix),
			"id":                 text(p.name),
			"partition":          text(p.name),
			"reverse_dns_prefix": text(p.reverseDNSPrefix()),
		}, nil
	case "data.aws_region":
		if named, ok := textOf(arguments.fields["name"]); ok {
			region = named
		}
		return map[string]tftypes.Value{
			"description": text("Region " + region),
			"endpoint":    text("ec2." + region + "." + partitionOf(region).dnsSuffix),
			"id":          text(region),
			"name":        text(region),
			"region":      text(region),
		}, nil
	case "data.aws_availability_zones":
		return zones(region, arguments)
	case "data.aws_vpc_endpoint_service":
		service, ok := textOf(arguments.fields["service"])
		if !ok {
			return nil, nil
		}
		return map[string]tftypes.Value{
			"service_name": text(partitionOf(region).reverseDNSPrefix() + "." + region + "." + service),
		}, nil
	case "data.aws_iam_policy_document":
		return policyFacts(config)
	default:
		return nil, nil
	}
}

func policyFacts(config tftypes.Value) (map[string]tftypes.Value, error) {
	indented, minified, err := renderPolicy(config)
	if err != nil {
		return nil, err
	}
	return map[string]tftypes.Value{
		"id":            text(strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(indented))), 10)),
		"json":          text(indented),
		"minified_json": text(minified),
	}, nil
}

// zones gives each region three availability zones.
func zones(region string, arguments parts) (map[string]tftypes.Value, error) {
	excluded, err := texts(arguments.fields["exclude_names"])
	if err != nil {
		return nil, err
	}
	excludedIDs, err := texts(arguments.fields["exclude_zone_ids"])
	if err != nil {
		return nil, err
	}
	var names, ids []string
	for i, letter := range []string{"a", "b", "c"} {
		name, id := region+letter, zonePrefix(region)+"-az"+strconv.Itoa(i+1)
		if !slices.Contains(excluded, name) && !slices.Contains(excludedIDs, id) {
			names, ids = append(names, name), append(ids, id)
		}
	}
	return map[string]tftypes.Value{
		"group_names": textSet(region),
		"id":          text(region),
		"names":       textList(names...),
		"zone_ids":    textList(ids...),
	}, nil
}

// zonePrefix shortens a region as AWS does in the ids of its zones: euw1 for
// eu-west-1, apse2 for ap-southeast-2.
func zonePrefix(region string) string {
	short := strings.NewReplacer("north", "n", "east", "e", "south", "s", "west", "w", "central", "c", "gov", "g", "-", "")
	return short.Replace(region)
}

type partition struct{ name, dnsSuffix string }

func partitionOf(region string) partition {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return partition{"aws-cn", "amazonaws.com.cn"}
	case strings.HasPrefix(region, "us-gov-"):
		return partition{"aws-us-gov", "amazonaws.com"}
	default:
		return partition{"aws", "amazonaws.com"}
	}
}

func (p partition) reverseDNSPrefix() string {
	labels := strings.Split(p.dnsSuffix, ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".")
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func textList(values ...string) tftypes.Value {
	return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, textItems(values))
}

func textSet(values ...string) tftypes.Value {
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, textItems(values))
}

func textItems(values []string) []tftypes.Value {
	items := make([]tftypes.Value, len(values))
	for i, value := range values {
		items[i] = text(value)
	}
	return items
}

// texts returns the strings of a list or set, none for null.
func texts(v tftypes.Value) ([]string, error) {
	if !v.IsKnown() || v.IsNull() {
		return nil, nil
	}
	p, err := partsOf(v)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, item := range p.items {
		if value, ok := textOf(item); ok {
			found = append(found, value)
		}
	}
	return found, nil
}
