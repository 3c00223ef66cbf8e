package stage

import (
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Connections of one process of a function, the pools' sizes. A processor keeps a
// second one, so that a cancelled statement does not delay the next; a query
// serves one request at a time and opens another when it must.
const (
	ProcessorConnections = 2
	QueryConnections     = 1
	MigrateConnections   = 1
	MaintainConnections  = 1

	// reservedConnections are left for RDS itself, for an operator and for the
	// seconds in which old processes still hold theirs.
	reservedConnections = 10
)

// memoryGiB has the instance classes that a stage may name. They run on Graviton,
// as the functions do.
func memoryGiB() map[string]int {
	return map[string]int{
		"t4g.micro": 1, "t4g.small": 2, "t4g.medium": 4, "t4g.large": 8,
		"m7g.large": 8, "m7g.xlarge": 16, "m7g.2xlarge": 32, "m7g.4xlarge": 64,
		"r7g.large": 16, "r7g.xlarge": 32, "r7g.2xlarge": 64, "r7g.4xlarge": 128,
	}
}

// MemoryMiB returns the memory of an instance, of a cluster's at its largest; zero for a
// class that no stage may name.
func (d Database) MemoryMiB() int {
	if d.Engine == Aurora {
		return int(d.MaximumACU * 2048)
	}
	return memoryGiB()[d.InstanceClass] << 10
}

// VCPUs returns the virtual processors of the instance class, by which RDS Proxy
// is billed.
func (d Database) VCPUs() int {
	switch memory := memoryGiB()[d.InstanceClass]; d.InstanceClass[0] {
	case 'm':
		return memory / 4
	case 'r':
		return memory / 8
	default:
		return 2
	}
}

// MaxConnections returns how many connections an instance supports, at the least:
// both engines set max_connections to LEAST(DBInstanceClassMemory/9531392, 5000), and
// seven tenths of the memory is less than what is left to the database. Aurora counts
// the memory of the largest capacity, and gives 2000 at the most where the smallest is
// 0 or a half. It is zero for a class that no stage may name.
//
// Performance and scaling for Aurora Serverless v2
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
func (d Database) MaxConnections() int {
	most := 5000
	if d.Engine == Aurora && d.MinimumACU < 1 {
		most = 2000
	}
	return min(d.MemoryMiB()<<20*7/10/9_531_392, most)
}

// Size names what an instance may grow to, for messages.
func (d Database) Size() string {
	if d.Engine == Aurora {
		return fmt.Sprintf("an instance of %v ACU", d.MaximumACU)
	}
	return "a db." + d.InstanceClass
}

// Connections returns how many connections the functions may open to the instance
// at once. Behind a proxy only the migration and the maintenance go to the instance
// itself, since both set parameters of their session; the proxy holds its own share of
// what the instance supports, and lets callers wait.
func (s Stage) Connections() int {
	total := MigrateConnections + MaintainConnections + reservedConnections
	if !s.Database.Proxy {
		total += ProcessorConnections * s.Functions.Processor.MaximumConcurrency
	}
	if s.queriesUnpooled() {
		total += QueryConnections * s.Functions.Query.ReservedConcurrency
	}
	return total
}

// queriesUnpooled reports whether query connects to an instance itself: a proxy has no
// address for the readers of Aurora.
func (s Stage) queriesUnpooled() bool { return !s.Database.Proxy || s.Database.Engine == Aurora }

// Visibility returns the events queue's visibility time-out.
func (s Stage) Visibility() time.Duration {
	return contract.VisibilityFactor*s.Functions.Processor.Timeout() + time.Duration(s.Queue.BatchWindowSeconds)*time.Second
}

// LeastFirewallRate returns how many requests in 5 minutes the firewall lets one
// address send at the least: all that the API's throttle lets through, so that one
// producer may send at the API's full rate. It is a tenth above that, since WAF
// estimates the rate and "does not guarantee an exact limit match" ("Rate-based rule
// caveats", https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-caveats.html).
func (a API) LeastFirewallRate() int { return (300*a.RatePerSecond + a.Burst) * 11 / 10 }
