package preflight

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// fakeAWS is an account as its API tells of it.
type fakeAWS struct {
	account          string
	bootstrap        string // version, empty for none
	zones            []string
	limit, free      int
	reserved         map[string]int // of functions that are there
	database         string         // that is there
	instances, mostI int
	storage, mostS   int
	apiRole          string
	stacks           map[string]string // statuses
	protected        bool
	broken           string // an action that AWS does not answer
	network          fakeNetwork
}

// healthy is an account to which a stage like prod can be deployed.
func healthy() fakeAWS {
	return fakeAWS{
		account: "123456789012", bootstrap: "30", zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}, limit: 1000, free: 1000,
		instances: 1, mostI: 40, storage: 100, mostS: 100_000, stacks: map[string]string{},
	}
}

// serve returns settings with which the SDK talks to the account.
func (f fakeAWS) serve(t *testing.T) aws.Config {
	server := httptest.NewServer(http.HandlerFunc(f.answer))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "s", ""),
	}
}

func (f fakeAWS) answer(w http.ResponseWriter, r *http.Request) {
	action := r.FormValue("Action")
	if action == "" {
		action = r.URL.Path
	}
	if action == f.broken {
		http.Error(w, "{}", http.StatusForbidden)
		return
	}
	fail := func(status int, code, message string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
	}
	switch {
	case f.network.answer(w, r, action):
	case action == "GetCallerIdentity":
		fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>", f.account)
	case action == "DescribeStacks":
		f.stack(w, r.FormValue("StackName"), fail)
	case action == "DescribeAvailabilityZones":
		var zones strings.Builder
		if r.FormValue("Filter.2.Name") != "opt-in-status" || r.FormValue("Filter.2.Value.1") != "opt-in-not-required" {
			zones.WriteString("<item><zoneName>us-east-1-bos-1a</zoneName></item>")
		}
		for _, zone := range f.zones {
			fmt.Fprintf(&zones, "<item><zoneName>%s</zoneName></item>", zone)
		}
		fmt.Fprintf(w, "<DescribeAvailabilityZonesResponse><availabilityZoneInfo>%s</availabilityZoneInfo></DescribeAvailabilityZonesResponse>", zones.String())
	case action == "DescribeDBInstances":
		if r.FormValue("DBInstanceIdentifier") != f.database {
			fail(http.StatusNotFound, "DBInstanceNotFound", "none")
			return
		}
		fmt.Fprint(w, "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></DescribeDBInstancesResponse>")
	case action == "DescribeAccountAttributes":
		quota := func(name string, used, most int) string {
			return fmt.Sprintf("<AccountQuota><AccountQuotaName>%s</AccountQuotaName><Used>%d</Used><Max>%d</Max></AccountQuota>", name, used, most)
		}
		fmt.Fprintf(w, "<DescribeAccountAttributesResponse><DescribeAccountAttributesResult><AccountQuotas>%s%s%s</AccountQuotas></DescribeAccountAttributesResult></DescribeAccountAttributesResponse>",
			quota("DBInstances", f.instances, f.mostI), quota("AllocatedStorage", f.storage, f.mostS), quota("EventSubscriptions", 20, 20))
	case strings.HasSuffix(action, "/account-settings"):
		fmt.Fprintf(w, `{"AccountLimit":{"ConcurrentExecutions":%d,"UnreservedConcurrentExecutions":%d}}`, f.limit, f.free)
	case strings.HasSuffix(action, "/concurrency"):
		parts := strings.Split(action, "/")
		reserved, there := f.reserved[parts[len(parts)-2]]
		if !there {
			w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
			http.Error(w, "{}", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"ReservedConcurrentExecutions":%d}`, reserved)
	case action == "/account":
		fmt.Fprintf(w, `{"cloudwatchRoleArn":%q}`, f.apiRole)
	default:
		http.Error(w, "{}", http.StatusNotImplemented)
	}
}

func (f fakeAWS) stack(w http.ResponseWriter, name string, fail func(int, string, string)) {
	status, there := f.stacks[name]
	outputs := ""
	if name == bootstrapStack && f.bootstrap != "" {
		status, there = "CREATE_COMPLETE", true
		outputs = "<Outputs><member><OutputKey>BootstrapVersion</OutputKey><OutputValue>" + f.bootstrap + "</OutputValue></member></Outputs>"
	}
	if !there {
		fail(http.StatusBadRequest, "ValidationError", "Stack with id "+name+" does not exist")
		return
	}
	fmt.Fprintf(w, "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>%s</StackName><StackStatus>%s</StackStatus>"+
		"<EnableTerminationProtection>%v</EnableTerminationProtection>%s</member></Stacks></DescribeStacksResult></DescribeStacksResponse>", name, status, f.protected, outputs)
}
