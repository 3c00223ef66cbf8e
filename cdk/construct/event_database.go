package construct

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// EventDatabaseProps describes the database.
type EventDatabaseProps struct {
	// Name of the instance: 1 to 60 of a-z 0-9 -, beginning with a letter, each -
	// between two others.
	Name string
	// Network has the subnets, and the group of the functions that may connect.
	Network *PrivateNetwork

	// EngineVersion is a major version of PostgreSQL, such as 17. Another one upgrades
	// the instance, which is away for as long as that takes.
	EngineVersion string
	// InstanceClass is without its "db.", such as t4g.micro.
	InstanceClass string
	// StorageGiB is 20 to 65536. It grows by itself up to MaxStorageGiB, which is at
	// least a tenth above it and at most 65536.
	StorageGiB, MaxStorageGiB int
	// MultiAZ keeps a standby in a second zone; default false.
	MultiAZ bool
	// BackupDays is how far back the database can be restored to: 1 to 35.
	BackupDays int
	// BackupWindow and MaintenanceWindow are UTC, such as 02:00-02:30 and
	// sun:03:00-sun:03:30; default: RDS chooses one.
	BackupWindow, MaintenanceWindow string
	// DeletionProtection refuses the deletion of the instance; default false.
	DeletionProtection bool
	// Proxy puts RDS Proxy in front of the instance; default false.
	Proxy bool

	// Adopted is used in place of the instance that is made; default: none.
	Adopted *AdoptedInstance

	// Key encrypts the storage, the backups, what Performance Insights keeps and the
	// secret, see NewStageKey; default: keys of AWS's. Another one replaces the instance,
	// which CloudFormation refuses to do to one that has a name.
	//
	// AWS::RDS::DBInstance, KmsKeyId
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
	// CloudFormation resource custom naming
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
	Key awskms.IKey

	// LogRetentionDays is as in LogGroupProps, and LogKey its Key.
	LogRetentionDays int
	LogKey           awskms.IKey
	// Removal is what happens to the instance, its backups and its logs when the
	// stack is deleted: RETAIN (the default) or DESTROY.
	Removal awscdk.RemovalPolicy
}

// EventDatabase is PostgreSQL on an RDS instance: encrypted, reached with TLS only,
// its password kept and rotated by RDS in Secrets Manager. With a proxy, the
// functions talk to that one and share its connections.
type EventDatabase struct {
	sqlDatabase
	Instance awsrds.DatabaseInstance // of the stack

	serving       awsrds.IDatabaseInstance // Instance, unless another one is adopted
	maxStorageGiB int
	burstable     bool
}

// NewEventDatabase makes the database and, if asked for, the proxy.
func NewEventDatabase(scope constructs.Construct, id string, props *EventDatabaseProps) *EventDatabase {
	props.check()
	d := &EventDatabase{
		sqlDatabase: sqlDatabase{
			Construct: constructs.NewConstruct(scope, text(id)), network: props.Network, name: props.Name, removal: props.Removal,
			logKey: props.LogKey, key: props.Key,
		},
		maxStorageGiB: props.MaxStorageGiB, burstable: props.InstanceClass[0] == 't',
	}
	d.Instance = d.newInstance(props)
	d.serving, d.secretARN = d.Instance, d.Instance.Secret().SecretArn()
	if props.Adopted != nil {
		d.adopt(props.Adopted)
	}
	d.writer, d.resourceID = d.serving.DbInstanceEndpointAddress(), d.serving.InstanceResourceId()
	if props.Proxy {
		d.addProxy(awsrds.ProxyTarget_FromInstance(d.serving))
	}
	return d
}

func (p *EventDatabaseProps) check() {
	c := &check{part: "EventDatabase"}
	c.name(p.Name, 1, 60, "a-z0-9-", "Name")
	c.require(!strings.Contains(p.Name, "--") && !strings.HasSuffix(p.Name, "-"), "Name", "must have each - between two others, got %q", p.Name)
	c.given(p.Network != nil, "Network")
	version := regexp.MustCompile(`^[1-9][0-9]$`)
	c.require(version.MatchString(p.EngineVersion), "EngineVersion", "must be a major version such as 17, got %q", p.EngineVersion)
	class := regexp.MustCompile(`^[a-z][a-z0-9]+\.[a-z0-9]+$`)
	c.require(class.MatchString(p.InstanceClass), "InstanceClass", "must be a class without its db. such as t4g.micro, got %q", p.InstanceClass)
	c.between(p.StorageGiB, 20, 65_536, "StorageGiB")
	c.between(p.MaxStorageGiB, (p.StorageGiB*11+9)/10, 65_536, "MaxStorageGiB")
	c.between(p.BackupDays, 1, 35, "BackupDays")
	c.retention(p.LogRetentionDays, "LogRetentionDays")
	c.removal(p.Removal)
	c.done()
}

func (d *EventDatabase) newInstance(props *EventDatabaseProps) awsrds.DatabaseInstance {
	engine := awsrds.DatabaseInstanceEngine_Postgres(&awsrds.PostgresInstanceEngineProps{Version: awsrds.PostgresEngineVersion_Of(text(props.EngineVersion), text(props.EngineVersion), nil)})
	group := d.access("Instance", "PostgreSQL of Fluxa")
	d.admitOperators(group)
	exports := []string{"postgresql", "upgrade"}
	logs := d.logGroups("/aws/rds/instance", props.LogRetentionDays, exports...)
	values := parameters()
	instance := awsrds.NewDatabaseInstance(d.Construct, text("Instance"), &awsrds.DatabaseInstanceProps{
		InstanceIdentifier: text(props.Name),
		Engine:             engine,
		// Otherwise RDS refuses the next EngineVersion, and by itself it never takes one.
		AllowMajorVersionUpgrade: jsii.Bool(true),
		InstanceType:             awsec2.NewInstanceType(text(props.InstanceClass)),
		DatabaseName:             text(databaseName),
		Port:                     number(portPostgres),
		// A group is of one major version, and an upgrade wants a group of the new one
		// beside that in use: the version is in the name.
		// "How to perform a major version upgrade for RDS for PostgreSQL",
		// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.Process.html
		ParameterGroup: awsrds.NewParameterGroup(d.Construct, text("Parameters"), &awsrds.ParameterGroupProps{
			Engine: engine, Name: text(props.Name + "-postgres" + props.EngineVersion), Description: text("PostgreSQL of Fluxa"), RemovalPolicy: removal(props.Removal),
			Parameters: &values,
		}),
		// The password is made, kept and rotated by RDS: no function of ours ever
		// sets it, and there is none to run for the rotation.
		Credentials:                d.credentials(),
		ManageMasterUserPassword:   jsii.Bool(true),
		IamAuthentication:          jsii.Bool(true),
		StorageEncrypted:           jsii.Bool(true),
		StorageEncryptionKey:       d.key,
		StorageType:                awsrds.StorageType_GP3,
		AllocatedStorage:           number(props.StorageGiB),
		MaxAllocatedStorage:        number(props.MaxStorageGiB),
		MultiAz:                    jsii.Bool(props.MultiAZ),
		BackupRetention:            awscdk.Duration_Days(number(props.BackupDays)),
		PreferredBackupWindow:      optional(props.BackupWindow),
		PreferredMaintenanceWindow: optional(props.MaintenanceWindow),
		DeleteAutomatedBackups:     jsii.Bool(props.Removal == awscdk.RemovalPolicy_DESTROY),
		CopyTagsToSnapshot:         jsii.Bool(true),
		AutoMinorVersionUpgrade:    jsii.Bool(true),
		CaCertificate:              awsrds.CaCertificate_RDS_CA_RSA2048_G1(),
		CloudwatchLogsExports:      list(exports...),
		// Seven days are free.
		EnablePerformanceInsights:       jsii.Bool(true),
		PerformanceInsightRetention:     awsrds.PerformanceInsightRetention_DEFAULT,
		PerformanceInsightEncryptionKey: d.key,
		DeletionProtection:              jsii.Bool(props.DeletionProtection),
		RemovalPolicy:                   removal(props.Removal),
		PubliclyAccessible:              jsii.Bool(false),
		Vpc:                             props.Network.VPC,
		VpcSubnets:                      isolated(),
		SubnetGroup:                     d.subnets(),
		SecurityGroups:                  &[]awsec2.ISecurityGroup{group},
	})
	instance.Node().AddDependency(logs...)
	// The version is the major one: RDS keeps the minor one up to date by itself.
	// cfn-lint mistakes it for a version that no longer exists.
	acceptLint(instance.Node().DefaultChild().(awscdk.CfnResource), "W3691")
	accept(instance, props.DeletionProtection)
	if !props.MultiAZ {
		Accept(instance, "AwsSolutions-RDS3", "the stage may be away for as long as a restore takes")
	}
	return instance
}

// ARN is that of the instance in use.
func (d *EventDatabase) ARN() *string { return d.serving.InstanceArn() }

// MetricCPU is the load of the instance in percent.
func (d *EventDatabase) MetricCPU() awscloudwatch.Metric {
	return d.metric("CPUUtilization", "Average")
}

// MetricFreeStorage is the free storage in bytes, of what is allocated now.
func (d *EventDatabase) MetricFreeStorage() awscloudwatch.Metric {
	return d.metric("FreeStorageSpace", "Minimum")
}

// MetricConnections is how many connections are open.
func (d *EventDatabase) MetricConnections() awscloudwatch.Metric {
	return d.metric("DatabaseConnections", "Maximum")
}

// MetricFreeMemory is the free memory in bytes.
func (d *EventDatabase) MetricFreeMemory() awscloudwatch.Metric {
	return d.metric("FreeableMemory", "Average")
}

// MetricSurplusCredits is how many CPU credits, of one minute of a processor each, an
// instance of a T class has used beyond those it earned. RDS writes it every five
// minutes, for those classes only.
func (d *EventDatabase) MetricSurplusCredits() awscloudwatch.Metric {
	return d.metric("CPUSurplusCreditBalance", "Maximum").With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(number(5))})
}

func (d *EventDatabase) metric(name, statistic string) awscloudwatch.Metric {
	return d.serving.Metric(text(name), perMinute(statistic, name))
}

// surplusCredits are those from which there is an alarm. A T class of Graviton runs in
// unlimited mode: without credits it is not slowed down, it borrows those of a day and
// then each more is charged. So a balance of 0, which a new instance has, says nothing
// ("Key concepts for burstable performance instances",
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html;
// "Amazon RDS instance types", https://aws.amazon.com/rds/instance-types/). The smallest
// class earns 288 in a day.
const surplusCredits = 144

// limits of the props that only the alarms of an instance have.
func (d *EventDatabase) limits(c *check, p *AlarmsProps) {
	c.between(p.DatabaseFreeStorageGiB, 1, 65_536, "DatabaseFreeStorageGiB")
}

// alarms of what an instance alone can run out of.
func (d *EventDatabase) alarms(p *AlarmsProps) []alarm {
	out := []alarm{{
		id: "DatabaseStorage", name: "database-storage", periods: 5, threshold: float64(p.DatabaseFreeStorageGiB) * (1 << 30), below: true,
		metric: d.MetricFreeStorage(), part: true,
		description: fmt.Sprintf("The database runs out of storage; it grows by itself up to %d GiB. First: raise database.max_storage_gib, or keep events for fewer days.", d.maxStorageGiB),
	}}
	if d.burstable {
		out = append(out, alarm{
			id: "DatabaseCredits", name: "database-credits", periods: 3, threshold: surplusCredits, metric: d.MetricSurplusCredits(),
			description: "The database has used more of its processors than its class earns, which will be charged. First: see in Performance Insights which statement it is; if it is ours, take a larger class.",
		})
	}
	return append(out, d.proxyAlarms(p)...)
}

func (d *EventDatabase) advice() (look, grow string) {
	return "Performance Insights", "take a larger instance class"
}

func (d *EventDatabase) events() []databaseEvents {
	return append([]databaseEvents{{
		id: "InstanceEvents", name: "database-events", source: "db-instance", of: []*string{d.serving.InstanceIdentifier()}, categories: instanceEvents(),
	}}, d.proxyEvents()...)
}
