package construct

import (
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// User is the name of the database's user, whose password is in the secret.
const User = "fluxa"

const (
	databaseName = "fluxa"

	// The database's own time-outs. A client's are shorter; these end the work of a
	// client that is gone. RDS Proxy passes no such setting of a client on, which is
	// why they are set here.
	statementTimeout = time.Minute
	idleTimeout      = time.Minute
	slowStatement    = time.Second
)

// sqlDatabase is what PostgreSQL has in common on every engine that runs it: where
// it lies, who may connect, and how a function does.
type sqlDatabase struct {
	Construct constructs.Construct
	Proxy     awsrds.DatabaseProxy // nil without one

	network *PrivateNetwork
	name    string
	removal awscdk.RemovalPolicy

	// Set by the engine: the host that takes writes, that of reads alone (nil where
	// there is none), and the secret of the user.
	writer, reader *string
	secret         awssecretsmanager.ISecret
}

// access makes the group of what listens on PostgreSQL's port, which the functions
// may reach.
func (d *sqlDatabase) access(id, description string) awsec2.SecurityGroup {
	group := awsec2.NewSecurityGroup(d.Construct, text(id+"Access"), &awsec2.SecurityGroupProps{
		Vpc: d.network.VPC, Description: text(description), AllowAllOutbound: jsii.Bool(false),
	})
	group.AddIngressRule(d.network.Clients, awsec2.Port_Tcp(number(portPostgres)), text("Fluxa functions"), nil)
	return group
}

// logGroups makes the groups of the exported logs, under the folder that RDS writes
// them to. RDS would make them itself and keep them for ever.
func (d *sqlDatabase) logGroups(folder string, retentionDays int, exports ...string) []constructs.IDependable {
	var logs []constructs.IDependable
	for _, export := range exports {
		logs = append(logs, NewLogGroup(d.Construct, export+"Log", &LogGroupProps{
			Name: folder + "/" + d.name + "/" + export, RetentionDays: retentionDays, Removal: d.removal,
		}))
	}
	return logs
}

// subnets makes the group of the isolated subnets.
func (d *sqlDatabase) subnets() awsrds.SubnetGroup {
	return awsrds.NewSubnetGroup(d.Construct, text("Subnets"), &awsrds.SubnetGroupProps{
		Vpc: d.network.VPC, VpcSubnets: isolated(), SubnetGroupName: text(d.name), Description: text("PostgreSQL of Fluxa"),
		RemovalPolicy: removal(d.removal),
	})
}

// parameters are those of every engine.
func parameters() map[string]*string {
	return map[string]*string{
		"rds.force_ssl":                       text("1"),
		"statement_timeout":                   milliseconds(statementTimeout),
		"idle_in_transaction_session_timeout": milliseconds(idleTimeout),
		"log_min_duration_statement":          milliseconds(slowStatement),
		// Values are payloads: none of a slow statement or a failed row is
		// written to the log.
		"log_parameter_max_length": text("0"),
		"log_error_verbosity":      text("terse"),
	}
}

func milliseconds(d time.Duration) *string { return text(strconv.FormatInt(d.Milliseconds(), 10)) }

// addProxy puts RDS Proxy in front of the target.
func (d *sqlDatabase) addProxy(target awsrds.ProxyTarget) {
	d.Proxy = awsrds.NewDatabaseProxy(d.Construct, text("Proxy"), &awsrds.DatabaseProxyProps{
		DbProxyName: text(d.name),
		ProxyTarget: target,
		Secrets:     &[]awssecretsmanager.ISecret{d.secret},
		RequireTLS:  jsii.Bool(true),
		IamAuth:     jsii.Bool(false), // the functions log in with the secret's password
		// What is left is for the migration and for people.
		MaxConnectionsPercent: number(90),
		BorrowTimeout:         awscdk.Duration_Seconds(number(5)),
		IdleClientTimeout:     awscdk.Duration_Minutes(number(30)),
		Vpc:                   d.network.VPC,
		VpcSubnets:            isolated(),
		SecurityGroups:        &[]awsec2.ISecurityGroup{d.access("Proxy", "RDS Proxy of Fluxa")},
	})
}

func isolated() *awsec2.SubnetSelection {
	return &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}
}

// Host is the name of the host that takes writes, in the VPC.
func (d *sqlDatabase) Host() *string { return d.writer }

// SecretARN is that of the secret with the user's name and password.
func (d *sqlDatabase) SecretARN() *string { return d.secret.SecretArn() }

// Settings are what a function needs to reach the database, by the proxy if there
// is one. The certificate of the database is signed by an authority of RDS's own,
// whose certificates are in the function's package; the proxy's is a public one.
func (d *sqlDatabase) Settings(maxConns int) config.Database {
	s := d.DirectSettings(maxConns)
	if d.Proxy != nil {
		s.Host, s.CAFile = *d.Proxy.Endpoint(), ""
	}
	return s
}

// DirectSettings are those that pass the proxy by, for what it is not for: a
// migration holds session locks.
func (d *sqlDatabase) DirectSettings(maxConns int) config.Database {
	return config.Database{
		Host: *d.writer, Port: portPostgres, Name: databaseName,
		SecretARN: *d.SecretARN(), CAFile: contract.RDSCAFile, MaxConns: maxConns,
	}
}

// ReadSettings are those of a function that only reads. On Aurora it reaches the
// readers, whose answers may be some milliseconds old, and no proxy, which has no
// address for them.
func (d *sqlDatabase) ReadSettings(maxConns int) config.Database {
	if d.reader == nil {
		return d.Settings(maxConns)
	}
	s := d.DirectSettings(maxConns)
	s.Host = *d.reader
	return s
}

// GrantConnect lets the grantee read the user and the password:
// secretsmanager:GetSecretValue on the database's secret.
func (d *sqlDatabase) GrantConnect(grantee awsiam.IGrantable) {
	grant(grantee, []string{*d.SecretARN()}, "secretsmanager:GetSecretValue")
}

// metricProxyConnections is the percentage of the connections to the database that the
// proxy may have and that are lent to a client: of all machines behind the proxy, each
// of which writes its own ("Monitoring RDS Proxy metrics with Amazon CloudWatch",
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.monitoring.html).
func (d *sqlDatabase) metricProxyConnections() awscloudwatch.MathExpression {
	sum := func(name string) awscloudwatch.Metric {
		return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
			Namespace: text("AWS/RDS"), MetricName: text(name), Statistic: text("Sum"), Period: minute(),
			DimensionsMap: &map[string]*string{"ProxyName": d.Proxy.DbProxyName()},
		})
	}
	return percent("connections of the proxy", sum("DatabaseConnectionsCurrentlyBorrowed"), sum("MaxDatabaseConnectionsAllowed"))
}

// proxyAlarms are those of the proxy, if there is one.
func (d *sqlDatabase) proxyAlarms(p *AlarmsProps) []alarm {
	if d.Proxy == nil {
		return nil
	}
	return []alarm{{
		id: "ProxyConnections", name: "proxy-connections", periods: 5, threshold: float64(p.DatabaseConnectionsPercent), metric: d.metricProxyConnections(),
		description: "The proxy has lent most of its connections to the database; callers will wait, then fail. First: see in Performance Insights what the sessions wait for; then lower the functions' concurrency, or take a larger instance class.",
	}}
}

// proxyEvents are those of the proxy, if there is one: no room for it in the subnets, or
// connections that RDS throttles.
func (d *sqlDatabase) proxyEvents() []databaseEvents {
	if d.Proxy == nil {
		return nil
	}
	return []databaseEvents{{id: "ProxyEvents", name: "proxy-events", source: "db-proxy", of: []*string{d.Proxy.DbProxyName()}, categories: []string{"failure"}}}
}
