package construct

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// EventClusterProps describes the database on Aurora. A capacity is in ACU, of which
// each is about 2 GiB of memory, by halves.
type EventClusterProps struct {
	// Name of the cluster: 1 to 52 of a-z 0-9 -, beginning with a letter. That of an
	// instance in it is at most 11 longer.
	Name string
	// Network has the subnets, and the group of the functions that may connect.
	Network *PrivateNetwork

	// EngineVersion is the major version of PostgreSQL, such as 17. RDS chooses the minor
	// one, and keeps it up to date.
	EngineVersion string
	// MinimumACU is the least capacity of each instance: 0 to 256. With 0 an instance
	// pauses when nobody was connected for five minutes (the default, and the shortest
	// time there is), costs nothing then, and takes about 15 seconds to resume.
	MinimumACU float64
	// MaximumACU is the most: 1 to 256, and not below MinimumACU.
	MaximumACU float64
	// Readers is how many instances serve reads alone: 0 to 15. Without one the writer
	// does.
	Readers int
	// Standby keeps each reader as large as the writer, which one of them replaces when
	// that one or its zone fails; default false: a reader is as large as its own load
	// demands.
	Standby bool
	// BackupDays is how far back the database can be restored to: 1 to 35.
	BackupDays int
	// BackupWindow and MaintenanceWindow are as in EventDatabaseProps.
	BackupWindow, MaintenanceWindow string
	// DeletionProtection refuses the deletion of the cluster; default false.
	DeletionProtection bool
	// Proxy puts RDS Proxy in front of the cluster; default false. It is connected all
	// the time, so that nothing pauses: it wants a MinimumACU above 0.
	Proxy bool

	// Key encrypts the storage, the backups, what Performance Insights keeps and the
	// secret, see NewStageKey; default: keys of AWS's. Another one replaces the cluster,
	// which CloudFormation refuses to do to one that has a name.
	//
	// AWS::RDS::DBCluster, KmsKeyId
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbcluster.html
	// CloudFormation resource custom naming
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
	Key awskms.IKey

	// LogRetentionDays is as in LogGroupProps, and LogKey its Key.
	LogRetentionDays int
	LogKey           awskms.IKey
	// Removal is what happens to the cluster, its backups and its logs when the stack
	// is deleted: RETAIN (the default) or DESTROY.
	Removal awscdk.RemovalPolicy
}

// EventCluster is PostgreSQL on Aurora Serverless v2, whose instances grow and shrink
// with the load, over storage that all of them share in three zones. It is encrypted,
// reached with TLS only, and its password is kept and rotated by RDS in Secrets
// Manager. A function that only reads goes to the readers, if there are some.
type EventCluster struct {
	sqlDatabase
	Cluster awsrds.DatabaseCluster

	maximumACU float64
}

const (
	// sessionTimeout ends a connection that a frozen Lambda environment holds and does
	// not use, which would keep an instance from pausing.
	//
	// Scaling to Zero ACUs with automatic pause and resume for Aurora Serverless v2
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
	sessionTimeout = time.Minute

	// insightsACU is the capacity from which Performance Insights has room.
	//
	// Performance and scaling for Aurora Serverless v2
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
	insightsACU = 2

	// replicaLag alarms: it is mostly well below 100 ms.
	//
	// Replication with Amazon Aurora
	// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
	replicaLag = 2 * time.Second
)

// NewEventCluster makes the cluster and, if asked for, the proxy.
func NewEventCluster(scope constructs.Construct, id string, props *EventClusterProps) *EventCluster {
	props.check()
	d := &EventCluster{
		sqlDatabase: sqlDatabase{
			Construct: constructs.NewConstruct(scope, text(id)), network: props.Network, name: props.Name, removal: props.Removal,
			logKey: props.LogKey, key: props.Key,
		},
		maximumACU: props.MaximumACU,
	}
	d.Cluster = d.newCluster(props)
	d.writer, d.resourceID, d.secretARN = d.Cluster.ClusterEndpoint().Hostname(), d.Cluster.ClusterResourceIdentifier(), d.Cluster.Secret().SecretArn()
	// Without readers it is the writer who answers there.
	d.reader = d.Cluster.ClusterReadEndpoint().Hostname()
	if props.Proxy {
		d.addProxy(awsrds.ProxyTarget_FromCluster(d.Cluster))
	}
	return d
}

func (p *EventClusterProps) check() {
	c := &check{part: "EventCluster"}
	c.name(p.Name, 1, 52, "a-z0-9-", "Name")
	c.given(p.Network != nil, "Network")
	version := regexp.MustCompile(`^[1-9][0-9]$`)
	c.require(version.MatchString(p.EngineVersion), "EngineVersion", "must be a major version such as 17, got %q", p.EngineVersion)
	c.capacity(p.MinimumACU, 0, 256, "MinimumACU")
	c.capacity(p.MaximumACU, max(1, p.MinimumACU), 256, "MaximumACU")
	c.between(p.Readers, 0, 15, "Readers")
	c.require(!p.Standby || p.Readers > 0, "Readers", "must be at least 1 with Standby, got %d", p.Readers)
	c.require(!p.Proxy || p.MinimumACU > 0, "MinimumACU", "must be above 0 with Proxy, which keeps the instances from pausing, got %v", p.MinimumACU)
	c.between(p.BackupDays, 1, 35, "BackupDays")
	c.retention(p.LogRetentionDays, "LogRetentionDays")
	c.removal(p.Removal)
	c.done()
}

// capacity checks a number of ACU.
func (c *check) capacity(value, low, high float64, field string) {
	c.require(value >= low && value <= high && math.Mod(value, 0.5) == 0, field, "must be %v to %v by halves, got %v", low, high, value)
}

func (d *EventCluster) newCluster(props *EventClusterProps) awsrds.DatabaseCluster {
	engine := awsrds.DatabaseClusterEngine_AuroraPostgres(&awsrds.AuroraPostgresClusterEngineProps{Version: awsrds.AuroraPostgresEngineVersion_Of(text(props.EngineVersion), text(props.EngineVersion), nil)})
	group := d.access("Instance", "PostgreSQL of Fluxa")
	d.admitOperators(group)
	logs := d.logGroups("/aws/rds/cluster", props.LogRetentionDays, "postgresql")
	values := parameters()
	clusterProps := &awsrds.DatabaseClusterProps{
		ClusterIdentifier:   text(props.Name),
		Engine:              engine,
		DefaultDatabaseName: text(databaseName),
		Port:                number(portPostgres),
		Writer:              d.instance("Writer", props),
		// The password is made, kept and rotated by RDS, as that of an instance is.
		Credentials:                d.credentials(),
		ManageMasterUserPassword:   jsii.Bool(true),
		IamAuthentication:          jsii.Bool(true),
		StorageEncrypted:           jsii.Bool(true),
		StorageEncryptionKey:       d.key,
		ServerlessV2MinCapacity:    number(props.MinimumACU),
		ServerlessV2MaxCapacity:    number(props.MaximumACU),
		Backup:                     &awsrds.BackupProps{Retention: awscdk.Duration_Days(number(props.BackupDays)), PreferredWindow: optional(props.BackupWindow)},
		PreferredMaintenanceWindow: optional(props.MaintenanceWindow),
		DeleteAutomatedBackups:     jsii.Bool(props.Removal == awscdk.RemovalPolicy_DESTROY),
		CopyTagsToSnapshot:         jsii.Bool(true),
		CloudwatchLogsExports:      list("postgresql"),
		DeletionProtection:         jsii.Bool(props.DeletionProtection),
		RemovalPolicy:              removal(props.Removal),
		Vpc:                        props.Network.VPC,
		SubnetGroup:                d.subnets(),
		SecurityGroups:             &[]awsec2.ISecurityGroup{group},
	}
	values["idle_session_timeout"] = milliseconds(0) // none
	if props.MinimumACU == 0 {
		values["idle_session_timeout"] = milliseconds(sessionTimeout)
	}
	clusterProps.ParameterGroup = awsrds.NewParameterGroup(d.Construct, text("ClusterParameters"), &awsrds.ParameterGroupProps{
		Engine: engine, Name: text(props.Name + "-aurora" + props.EngineVersion), Description: text("PostgreSQL of Fluxa"), RemovalPolicy: removal(props.Removal), Parameters: &values,
	})
	var readers []awsrds.IClusterInstance
	for i := range props.Readers {
		readers = append(readers, d.instance(fmt.Sprintf("Reader%d", i+1), props))
	}
	if len(readers) > 0 {
		clusterProps.Readers = &readers
	}
	cluster := awsrds.NewDatabaseCluster(d.Construct, text("Cluster"), clusterProps)
	cluster.Node().AddDependency(logs...)
	for _, child := range *cluster.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if instance, is := child.(awsrds.CfnDBInstance); is {
			instance.ApplyRemovalPolicy(removal(props.Removal), nil) // the CDK's is to delete it
		}
	}
	accept(cluster, props.DeletionProtection)
	if !props.Standby {
		awscdk.Annotations_Of(cluster).AcknowledgeWarning(text("@aws-cdk/aws-rds:noFailoverServerlessReaders"),
			text("the stage may be away for as long as a reader takes to grow"))
	}
	return cluster
}

// instance describes one of the cluster.
func (d *EventCluster) instance(id string, props *EventClusterProps) awsrds.IClusterInstance {
	instance := &awsrds.ServerlessV2ClusterInstanceProps{
		InstanceIdentifier:      text(props.Name + "-" + strings.ToLower(id)),
		AutoMinorVersionUpgrade: jsii.Bool(true),
		CaCertificate:           awsrds.CaCertificate_RDS_CA_RSA2048_G1(),
		PubliclyAccessible:      jsii.Bool(false),
		// Seven days are free.
		EnablePerformanceInsights: jsii.Bool(props.MinimumACU >= insightsACU),
		ScaleWithWriter:           jsii.Bool(props.Standby),
	}
	if props.MinimumACU >= insightsACU {
		instance.PerformanceInsightRetention, instance.PerformanceInsightEncryptionKey = awsrds.PerformanceInsightRetention_DEFAULT, d.key
	}
	return awsrds.ClusterInstance_ServerlessV2(text(id), instance)
}

// ARN is that of the cluster.
func (d *EventCluster) ARN() *string { return d.Cluster.ClusterArn() }

// MetricCPU is the load in percent of the instance that is busiest.
func (d *EventCluster) MetricCPU() awscloudwatch.Metric {
	return d.metric("CPUUtilization", "Maximum")
}

// MetricConnections is how many connections are open to the instance that has most.
func (d *EventCluster) MetricConnections() awscloudwatch.Metric {
	return d.metric("DatabaseConnections", "Maximum")
}

// MetricFreeMemory is the memory in bytes that is left to the instance that has least,
// when it has grown to the largest capacity: 2 GiB more for each ACU below that one.
//
// Performance and scaling for Aurora Serverless v2
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
func (d *EventCluster) MetricFreeMemory() awscloudwatch.Metric {
	return d.metric("FreeableMemory", "Minimum")
}

// MetricCapacity is the capacity in use, in percent of the largest, of the instance
// that uses most. It is zero while all are paused.
func (d *EventCluster) MetricCapacity() awscloudwatch.Metric {
	return d.metric("ACUUtilization", "Maximum")
}

// MetricReplicaLag is how many milliseconds the slowest reader is behind the writer.
func (d *EventCluster) MetricReplicaLag() awscloudwatch.Metric {
	return d.metric("AuroraReplicaLagMaximum", "Maximum")
}

func (d *EventCluster) metric(name, statistic string) awscloudwatch.Metric {
	return d.Cluster.Metric(text(name), perMinute(statistic, name))
}

// limits of the props that only the alarms of a cluster have.
func (d *EventCluster) limits(c *check, p *AlarmsProps) {
	c.between(p.DatabaseCapacityPercent, 1, 100, "DatabaseCapacityPercent")
}

// alarms of what a cluster alone can run out of. Its storage grows by itself to 128
// TiB and has no free part to watch; its capacity ends where the stage says.
func (d *EventCluster) alarms(p *AlarmsProps) []alarm {
	return append([]alarm{{
		id: "DatabaseCapacity", name: "database-capacity", periods: 10, threshold: float64(p.DatabaseCapacityPercent), metric: d.MetricCapacity(),
		description: fmt.Sprintf("The database is near the %v ACU that it may grow to. First: see in pg_stat_activity what keeps it busy; if it is ours, raise database.maximum_acu.", d.maximumACU),
	}, {
		id: "DatabaseReplicaLag", name: "database-replica-lag", periods: 5, threshold: float64(replicaLag.Milliseconds()), metric: d.MetricReplicaLag(),
		description: "The readers are far behind the writer: queries do not find what was stored a moment ago. First: see whether the writer or a reader is at database.maximum_acu; then raise it, or take one reader more.",
	}}, d.proxyAlarms(p)...)
}

// advice does not name Performance Insights, which a small cluster has not.
func (d *EventCluster) advice() (look, grow string) {
	return "pg_stat_activity", "raise database.maximum_acu"
}

// events of the cluster, of each instance in it, since any may become the writer, and of
// the proxy.
func (d *EventCluster) events() []databaseEvents {
	return append([]databaseEvents{{
		id: "ClusterEvents", name: "database-events", source: "db-cluster", of: []*string{d.Cluster.ClusterIdentifier()}, categories: clusterEvents(),
	}, {
		id: "MemberEvents", name: "database-instance-events", source: "db-instance", of: *d.Cluster.InstanceIdentifiers(), categories: memberEvents(),
	}}, d.proxyEvents()...)
}
