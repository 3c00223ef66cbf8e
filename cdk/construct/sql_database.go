package construct

import (
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Administrator is the name of the database's master user, whose password is in the
// secret. Migrate logs in by it, and makes the users of the others.
const Administrator = "fluxa"

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
//
// But for migrate the functions log in with IAM, each as a user of its own who has no
// password. A connect costs the server some memory for it and should happen fewer than
// 200 times a second (Amazon RDS User Guide, "IAM database authentication for MariaDB,
// MySQL, and PostgreSQL"): the functions open one or two connections each and keep them.
type sqlDatabase struct {
	Construct constructs.Construct
	Proxy     awsrds.DatabaseProxy // nil without one

	network *PrivateNetwork
	name    string
	removal awscdk.RemovalPolicy
	logKey  awskms.IKey // nil for one of AWS's
	key     awskms.IKey // of the data, likewise

	// Set by the engine: the host that takes writes, that of reads alone (nil where there
	// is none), the id by which IAM knows the database, and the secret of the administrator.
	writer     *string
	reader     *string
	resourceID *string
	secretARN  *string
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

// admitOperators lets people reach what is behind the group, past the proxy.
func (d *sqlDatabase) admitOperators(group awsec2.SecurityGroup) {
	group.AddIngressRule(d.network.Operators, awsec2.Port_Tcp(number(portPostgres)), text("People who operate Fluxa"), nil)
}

// logGroups makes the groups of the exported logs, under the folder that RDS writes
// them to. RDS would make them itself and keep them for ever.
func (d *sqlDatabase) logGroups(folder string, retentionDays int, exports ...string) []constructs.IDependable {
	var logs []constructs.IDependable
	for _, export := range exports {
		logs = append(logs, NewLogGroup(d.Construct, export+"Log", &LogGroupProps{
			Name: folder + "/" + d.name + "/" + export, RetentionDays: retentionDays, Key: d.logKey, Removal: d.removal,
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

// accept says why rules of cdk-nag do not hold for a database, on either engine.
func accept(database constructs.IConstruct, deletionProtection bool) {
	Accept(database, "AwsSolutions-RDS11", "a port that is not the usual one hides nothing from who can reach it; the security group lets in only the functions and people who operate them")
	if !deletionProtection {
		Accept(database, "AwsSolutions-RDS10", "the stage is deleted with all it holds, or has never been deployed")
	}
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

// credentials are the administrator's name, and the key of the secret.
func (d *sqlDatabase) credentials() awsrds.Credentials {
	return awsrds.Credentials_FromUsername(text(Administrator), &awsrds.CredentialsFromUsernameOptions{EncryptionKey: d.key})
}

func milliseconds(d time.Duration) *string { return text(strconv.FormatInt(d.Milliseconds(), 10)) }

// addProxy puts RDS Proxy in front of the target. It has no secret: it takes the IAM
// token of whoever connects and logs in with one of its own, for the same user (Amazon
// RDS User Guide, "Configuring IAM authentication for RDS Proxy", end-to-end IAM
// authentication). The users are those whose functions Settings leads to the proxy.
func (d *sqlDatabase) addProxy(target awsrds.ProxyTarget) {
	role := awsiam.NewRole(d.Construct, text("ProxyRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(text("rds.amazonaws.com"), nil), Description: text("RDS Proxy of Fluxa logs in to the database"),
	})
	d.GrantConnectDirectly(role, contract.DatabaseUser(contract.FunctionProcessor))
	d.GrantConnectDirectly(role, contract.DatabaseUser(contract.FunctionQuery))
	d.Proxy = awsrds.NewDatabaseProxy(d.Construct, text("Proxy"), &awsrds.DatabaseProxyProps{
		DbProxyName:       text(d.name),
		ProxyTarget:       target,
		Role:              role,
		RequireTLS:        jsii.Bool(true),
		DefaultAuthScheme: awsrds.DefaultAuthScheme_IAM_AUTH,
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

// SecretARN is that of the secret with the administrator's name and password.
func (d *sqlDatabase) SecretARN() *string { return d.secretARN }

// ResourceID is what IAM calls the database: each has its own, a restored one too.
func (d *sqlDatabase) ResourceID() *string { return d.resourceID }

// Settings are what a function needs to reach the database as a user, by the proxy if
// there is one. The certificate of the database is signed by an authority of RDS's own,
// whose certificates are in the function's package; the proxy's is a public one.
func (d *sqlDatabase) Settings(user string, maxConns int) config.Database {
	s := d.DirectSettings(user, maxConns)
	if d.Proxy != nil {
		s.Host, s.CAFile = *d.Proxy.Endpoint(), ""
	}
	return s
}

// DirectSettings are those that pass the proxy by, for what it is not for: what holds
// locks for a session or sets a time-out for it.
func (d *sqlDatabase) DirectSettings(user string, maxConns int) config.Database {
	return config.Database{Server: d.server(), User: user, MaxConns: maxConns}
}

// ReadSettings are those of a function that only reads. On Aurora it reaches the
// readers, whose answers may be some milliseconds old, and no proxy, which has no
// address for them.
func (d *sqlDatabase) ReadSettings(user string, maxConns int) config.Database {
	if d.reader == nil {
		return d.Settings(user, maxConns)
	}
	s := d.DirectSettings(user, maxConns)
	s.Host = *d.reader
	return s
}

// Administration is what migrate needs, past the proxy too.
func (d *sqlDatabase) Administration() config.Administration {
	return config.Administration{Server: d.server(), SecretARN: *d.SecretARN()}
}

func (d *sqlDatabase) server() config.Server {
	return config.Server{Host: *d.writer, Port: portPostgres, Name: databaseName, CAFile: contract.RDSCAFile}
}

// GrantConnect lets the grantee log in as a user where Settings leads to:
// rds-db:connect on that user of the proxy, or of the database.
func (d *sqlDatabase) GrantConnect(grantee awsiam.IGrantable, user string) {
	if d.Proxy == nil {
		d.GrantConnectDirectly(grantee, user)
		return
	}
	// IAM knows a proxy by the last part of its ARN, prx-….
	id := awscdk.Fn_Select(number(6), awscdk.Fn_Split(text(":"), d.Proxy.DbProxyArn(), nil))
	grant(grantee, []string{d.userARN(*id, user)}, "rds-db:connect")
}

// GrantRead is GrantConnect for ReadSettings.
func (d *sqlDatabase) GrantRead(grantee awsiam.IGrantable, user string) {
	if d.reader == nil {
		d.GrantConnect(grantee, user)
	} else {
		d.GrantConnectDirectly(grantee, user)
	}
}

// GrantConnectDirectly is GrantConnect for DirectSettings.
func (d *sqlDatabase) GrantConnectDirectly(grantee awsiam.IGrantable, user string) {
	grant(grantee, []string{d.userARN(*d.resourceID, user)}, "rds-db:connect")
}

// userARN is what IAM calls a user of a database or a proxy (Amazon RDS User Guide,
// "Creating and using an IAM policy for IAM database access").
func (d *sqlDatabase) userARN(resourceID, user string) string {
	return *awscdk.Stack_Of(d.Construct).FormatArn(&awscdk.ArnComponents{
		Service: text("rds-db"), Resource: text("dbuser"), ResourceName: text(resourceID + "/" + user), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// GrantAdminister lets the grantee read the administrator's name and password:
// secretsmanager:GetSecretValue on the database's secret, and kms:Decrypt on its key,
// if it has one, which an adopted instance's may have as well.
func (d *sqlDatabase) GrantAdminister(grantee awsiam.IGrantable) {
	grant(grantee, []string{*d.SecretARN()}, "secretsmanager:GetSecretValue")
	grantKey(grantee, d.key, keyDecrypt)
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
