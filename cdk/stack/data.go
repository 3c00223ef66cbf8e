package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Database is what the other stacks need of PostgreSQL, whichever engine runs it.
type Database interface {
	construct.WatchedDatabase
	// ARN is that of what is backed up: an instance, or a cluster.
	ARN() *string
	// Host takes writes; ResourceID tells one database from another; SecretARN is that of
	// the administrator's name and password.
	Host() *string
	ResourceID() *string
	SecretARN() *string
	// Settings reach the database by its proxy, if it has one; DirectSettings pass
	// that one by.
	Settings(user string, maxConns int) config.Database
	// ReadSettings reach the hosts of reads alone, where the engine has them.
	ReadSettings(user string, maxConns int) config.Database
	DirectSettings(user string, maxConns int) config.Database
	Administration() config.Administration
	GrantConnect(grantee awsiam.IGrantable, user string)
	GrantRead(grantee awsiam.IGrantable, user string)
	GrantConnectDirectly(grantee awsiam.IGrantable, user string)
	GrantAdminister(grantee awsiam.IGrantable)
}

// Data is the stack of what must survive: the database and the payloads.
type Data struct {
	Stack    awscdk.Stack
	Database Database
	Payloads *construct.PayloadBucket
	Copies   *construct.BackupCopy // nil for none
	Key      awskms.IKey           // nil where keys of AWS encrypt what is stored
}

// NewData makes the stack.
func NewData(scope constructs.Construct, s stage.Stage, network *Network) *Data {
	this := newStack(scope, s, "Data", contract.StackData, "the database and the payloads")
	d := &Data{Stack: this}
	if s.Encryption.CustomerKey {
		d.Key = construct.NewStageKey(this, "DataKey", &construct.StageKeyProps{Alias: s.Named("data"), Removal: removal(s)})
	}
	payloads := &construct.PayloadBucketProps{
		BucketName: payloadBucketName(this, s), GlacierDays: s.Payloads.GlacierDays, OldVersionDays: s.Payloads.OldVersionDays, Removal: removal(s),
		PayloadDays: s.Events.PayloadDays(), ExportDays: s.Events.ExportRetentionDays, Key: d.Key,
	}
	if s.Payloads.AccessLogs {
		payloads.AccessLogsName, payloads.AccessLogDays = bucketName(this, s, "access-logs"), s.Logs.RetentionDays
	}
	d.Payloads = construct.NewPayloadBucket(this, "Payloads", payloads)
	d.Database = newDatabase(this, s, network, d.Key)
	if copied := s.Database.BackupCopy; copied.VaultARN != "" {
		d.Copies = construct.NewBackupCopy(this, "BackupCopy", &construct.BackupCopyProps{
			Name: s.Platform(), Database: d.Database.ARN(), VaultARN: copied.VaultARN, Hour: copied.Hour, Days: copied.Days, Removal: removal(s),
		})
	}
	output(this, "DbEndpoint", "The database's host name, in the VPC", d.Database.Host())
	output(this, "DbUsername", "The database's administrator", jsii.String(construct.Administrator))
	output(this, "DbSecretArn", "The secret with the administrator's password", d.Database.SecretARN())
	output(this, contract.OutputPayloadBucket, "The bucket of payloads over the inline limit", d.Payloads.Bucket.BucketName())
	return d
}

func newDatabase(scope constructs.Construct, s stage.Stage, network *Network, key awskms.IKey) Database {
	db := s.Database
	var dataKey awskms.IKey
	if s.Encryption.Database {
		dataKey = key
	}
	if db.Engine == stage.Aurora {
		return construct.NewEventCluster(scope, "Database", &construct.EventClusterProps{
			Name: s.Platform(), Network: network.Private, EngineVersion: db.EngineVersion,
			MinimumACU: db.MinimumACU, MaximumACU: db.MaximumACU, Readers: db.Readers, Standby: db.MultiAZ,
			BackupDays: db.BackupDays, BackupWindow: db.BackupWindow, MaintenanceWindow: db.MaintenanceWindow, DeletionProtection: db.DeletionProtection, Proxy: db.Proxy,
			Key: dataKey, LogRetentionDays: s.Logs.RetentionDays, LogKey: key, Removal: removal(s),
		})
	}
	var adopted *construct.AdoptedInstance
	if db.Adopted != (stage.Adopted{}) {
		adopted = &construct.AdoptedInstance{Name: db.Adopted.Name, Host: db.Adopted.Host, ResourceID: db.Adopted.ResourceID, SecretARN: db.Adopted.SecretARN}
	}
	return construct.NewEventDatabase(scope, "Database", &construct.EventDatabaseProps{
		Name: s.Platform(), Network: network.Private,
		EngineVersion: db.EngineVersion, InstanceClass: db.InstanceClass, StorageGiB: db.StorageGiB, MaxStorageGiB: db.MaxStorageGiB, MultiAZ: db.MultiAZ,
		BackupDays: db.BackupDays, BackupWindow: db.BackupWindow, MaintenanceWindow: db.MaintenanceWindow, DeletionProtection: db.DeletionProtection, Proxy: db.Proxy, Adopted: adopted,
		Key: dataKey, LogRetentionDays: s.Logs.RetentionDays, LogKey: key, Removal: removal(s),
	})
}
