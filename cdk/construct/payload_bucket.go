package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// PayloadBucketProps describes the bucket of the large payloads and of exports.
type PayloadBucketProps struct {
	// BucketName is unique in the world: 3 to 63 of a-z 0-9 - .
	BucketName string
	// GlacierDays is the age at which a payload moves to Glacier Instant Retrieval:
	// 1 to 3650.
	GlacierDays int
	// PayloadDays is how long a payload is kept: more than GlacierDays and up to 36600, or by
	// default for ever, which is a hundred years.
	PayloadDays int
	// ExportDays is how long a file of an export is kept: 1 to 36600, or by default as
	// long. One of contract.DownloadExport is kept for contract.DownloadDays at most.
	ExportDays int
	// OldVersionDays is how long an overwritten or deleted version is kept: 1 to
	// 3650.
	OldVersionDays int
	// Key encrypts what is put from then on, see NewStageKey; default: one of S3's own.
	// Access logs always have that one: S3 delivers none into a bucket with another.
	//
	// Enabling Amazon S3 server access logging
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
	Key awskms.IKey
	// Removal is what happens to the bucket when its stack is deleted: RETAIN (the
	// default) or DESTROY, which fails while there are objects.
	Removal awscdk.RemovalPolicy

	// AccessLogsName, when set, names a bucket that is made for the server access
	// logs; by default there are none. They are kept for AccessLogDays, 1 to 3653.
	AccessLogsName string
	AccessLogDays  int
}

// PayloadBucket keeps payloads over the inline limit, and exports. It is private, encrypted,
// versioned and refuses callers without TLS 1.2.
type PayloadBucket struct {
	Construct constructs.Construct
	Bucket    awss3.Bucket
	key       awskms.IKey // nil for S3's own
}

// NewPayloadBucket makes the bucket.
func NewPayloadBucket(scope constructs.Construct, id string, props *PayloadBucketProps) *PayloadBucket {
	c := &check{part: "PayloadBucket"}
	c.name(props.BucketName, 3, 63, "a-z0-9.-", "BucketName")
	c.between(props.GlacierDays, 1, 3650, "GlacierDays")
	c.between(props.PayloadDays, 0, forever, "PayloadDays")
	c.require(props.PayloadDays == 0 || props.PayloadDays > props.GlacierDays, "PayloadDays", "must be more than GlacierDays (%d), got %d", props.GlacierDays, props.PayloadDays)
	c.between(props.ExportDays, 0, forever, "ExportDays")
	c.between(props.OldVersionDays, 1, 3650, "OldVersionDays")
	c.removal(props.Removal)
	if props.AccessLogsName != "" {
		c.name(props.AccessLogsName, 3, 63, "a-z0-9.-", "AccessLogsName")
		c.between(props.AccessLogDays, 1, 3653, "AccessLogDays")
	}
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	bucketProps := guarded(props.BucketName, props.Removal)
	bucketProps.Versioned = jsii.Bool(true)
	bucketProps.LifecycleRules = lifecycle(props)
	if props.Key != nil {
		bucketProps.Encryption, bucketProps.EncryptionKey = awss3.BucketEncryption_KMS, props.Key
		// S3 makes data keys of one that it asks KMS for, and asks rarely.
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
		bucketProps.BucketKeyEnabled = jsii.Bool(true)
	}
	if props.AccessLogsName != "" {
		bucketProps.ServerAccessLogsBucket = newAccessLogs(this, props)
		bucketProps.ServerAccessLogsPrefix = text("payloads/")
	}
	bucket := awss3.NewBucket(this, text("Bucket"), bucketProps)
	if props.AccessLogsName == "" {
		Accept(bucket, "AwsSolutions-S1", "the stage keeps no server access logs: its payloads are those of tests")
	}
	return &PayloadBucket{Construct: this, Bucket: bucket, key: props.Key}
}

// lifecycle deletes what has expired: S3 makes an old version of it, with a delete marker,
// and removes the two in their turn.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html
// Where two rules are for one object, the earlier expiration counts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
func lifecycle(props *PayloadBucketProps) *[]*awss3.LifecycleRule {
	return &[]*awss3.LifecycleRule{{
		Id: text("archive"), Prefix: text(contract.ObjectPrefix), Expiration: daysOrForever(props.PayloadDays),
		Transitions: &[]*awss3.Transition{{
			StorageClass: awss3.StorageClass_GLACIER_INSTANT_RETRIEVAL(), TransitionAfter: days(props.GlacierDays),
		}},
	}, {
		Id:                                  text("tidy"),
		AbortIncompleteMultipartUploadAfter: days(1),
		NoncurrentVersionExpiration:         days(props.OldVersionDays),
		ExpiredObjectDeleteMarker:           jsii.Bool(true),
	}, {
		Id: text("downloads"), Prefix: text(contract.ExportPrefix + contract.DownloadExport + "/"), Expiration: days(contract.DownloadDays),
	}, {
		Id: text("exports"), Prefix: text(contract.ExportPrefix), Expiration: daysOrForever(props.ExportDays),
	}}
}

// forever is a hundred years: a rule that every stage has needs a number.
const forever = 36_600

func daysOrForever(n int) awscdk.Duration {
	if n == 0 {
		n = forever
	}
	return days(n)
}

func days(n int) awscdk.Duration { return awscdk.Duration_Days(number(n)) }

func newAccessLogs(scope constructs.Construct, props *PayloadBucketProps) awss3.Bucket {
	logsProps := guarded(props.AccessLogsName, props.Removal)
	logsProps.LifecycleRules = &[]*awss3.LifecycleRule{{
		Id:                                  text("expire"),
		Expiration:                          awscdk.Duration_Days(number(props.AccessLogDays)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(number(1)),
	}}
	return awss3.NewBucket(scope, text("AccessLogs"), logsProps)
}

func guarded(name string, policy awscdk.RemovalPolicy) *awss3.BucketProps {
	return &awss3.BucketProps{
		BucketName:        text(name),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:     removal(policy),
	}
}

// GrantPut lets the grantee store payloads: s3:PutObject on the payloads, and on the key,
// if there is one, kms:GenerateDataKey.
func (b *PayloadBucket) GrantPut(grantee awsiam.IGrantable) {
	grant(grantee, []string{b.payloads()}, "s3:PutObject")
	grantKey(grantee, b.key, keyGenerate)
	b.acceptKeys(grantee)
}

// GrantGet lets the grantee read payloads and see which do not exist: s3:GetObject
// on the payloads, s3:ListBucket on the bucket. Without the second S3 answers 403
// for a missing key, as it does for a missing grant. With a key of KMS it grants
// kms:Decrypt, too.
func (b *PayloadBucket) GrantGet(grantee awsiam.IGrantable) {
	grant(grantee, []string{b.payloads()}, "s3:GetObject")
	grant(grantee, []string{*b.Bucket.BucketArn()}, "s3:ListBucket")
	grantKey(grantee, b.key, keyDecrypt)
	b.acceptKeys(grantee)
}

// GrantErase lets the grantee list, read and remove payloads with all their versions:
// s3:ListBucketVersions and s3:ListBucket on the bucket, s3:GetObject, s3:GetObjectVersion
// and s3:DeleteObjectVersion on the payloads.
//
// Required permissions for Amazon S3 API operations
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func (b *PayloadBucket) GrantErase(grantee awsiam.IGrantable) {
	b.GrantGet(grantee)
	grant(grantee, []string{*b.Bucket.BucketArn()}, "s3:ListBucketVersions")
	grant(grantee, []string{b.payloads()}, "s3:GetObjectVersion", "s3:DeleteObjectVersion")
}

// GrantExport lets the grantee read and write the files of exports: s3:GetObject and
// s3:PutObject on them, and on the key, if there is one, kms:Decrypt and
// kms:GenerateDataKey. That a file is missing it sees by what GrantGet grants.
func (b *PayloadBucket) GrantExport(grantee awsiam.IGrantable) {
	grant(grantee, []string{*b.Bucket.ArnForObjects(text(contract.ExportPrefix + "*"))}, "s3:GetObject", "s3:PutObject")
	grantKey(grantee, b.key, keyDecrypt, keyGenerate)
	acceptPolicy(grantee, "a key under "+contract.ExportPrefix+" is made of a name that an operator gives, and of a day",
		`/^Resource::.*\/`+contract.ExportPrefix+`\*$/`)
}

func (b *PayloadBucket) payloads() string {
	return *b.Bucket.ArnForObjects(text(contract.ObjectPrefix + "*"))
}

func (b *PayloadBucket) acceptKeys(grantee awsiam.IGrantable) {
	acceptPolicy(grantee, "a key under "+contract.ObjectPrefix+" is made of the event's id and its hash, which nobody knows before",
		`/^Resource::.*\/`+contract.ObjectPrefix+`\*$/`)
}
