package terraform

func s3() []mapping {
	parent := map[string]string{"bucket": "id"}
	const (
		encryption = "aws_s3_bucket_server_side_encryption_configuration"
		lifecycle  = "aws_s3_bucket_lifecycle_configuration"
		public     = "aws_s3_bucket_public_access_block"
	)
	return []mapping{
		{
			cloudformation: "AWS::S3::Bucket", terraform: "aws_s3_bucket",
			nouns:      []string{"Bucket"},
			attributes: map[string]string{"Ref": "id", "Arn": "arn"},
			properties: []property{
				{from: "BucketName", to: "bucket"},
				retained("Terraform never deletes a bucket that holds an object: force_destroy is not set"),
				tagged(),
				{from: "VersioningConfiguration.Status", to: "aws_s3_bucket_versioning:versioning_configuration{}.status"},
				{from: "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.SSEAlgorithm", to: encryption + ":rule[].apply_server_side_encryption_by_default{}.sse_algorithm"},
				{from: "OwnershipControls.Rules[].ObjectOwnership", to: "aws_s3_bucket_ownership_controls:rule[].object_ownership"},
				{from: "PublicAccessBlockConfiguration.BlockPublicAcls", to: public + ":block_public_acls"},
				{from: "PublicAccessBlockConfiguration.BlockPublicPolicy", to: public + ":block_public_policy"},
				{from: "PublicAccessBlockConfiguration.IgnorePublicAcls", to: public + ":ignore_public_acls"},
				{from: "PublicAccessBlockConfiguration.RestrictPublicBuckets", to: public + ":restrict_public_buckets"},
				{from: "LoggingConfiguration.DestinationBucketName", to: "aws_s3_bucket_logging:target_bucket"},
				{from: "LoggingConfiguration.LogFilePrefix", to: "aws_s3_bucket_logging:target_prefix"},
				{from: "LifecycleConfiguration.Rules[].Id", to: lifecycle + ":rule[].id"},
				{from: "LifecycleConfiguration.Rules[].Status", to: lifecycle + ":rule[].status"},
				// The provider wants a filter, and an empty one is for the whole bucket.
				{from: "LifecycleConfiguration.Rules[].Id", to: lifecycle + ":rule[].filter{}"},
				{from: "LifecycleConfiguration.Rules[].Prefix", to: lifecycle + ":rule[].filter{}.prefix"},
				{from: "LifecycleConfiguration.Rules[].AbortIncompleteMultipartUpload.DaysAfterInitiation", to: lifecycle + ":rule[].abort_incomplete_multipart_upload{}.days_after_initiation"},
				{from: "LifecycleConfiguration.Rules[].ExpirationInDays", to: lifecycle + ":rule[].expiration{}.days"},
				{from: "LifecycleConfiguration.Rules[].ExpiredObjectDeleteMarker", to: lifecycle + ":rule[].expiration{}.expired_object_delete_marker"},
				{from: "LifecycleConfiguration.Rules[].NoncurrentVersionExpiration.NoncurrentDays", to: lifecycle + ":rule[].noncurrent_version_expiration{}.noncurrent_days"},
				{from: "LifecycleConfiguration.Rules[].Transitions[].StorageClass", to: lifecycle + ":rule[].transition[].storage_class"},
				{from: "LifecycleConfiguration.Rules[].Transitions[].TransitionInDays", to: lifecycle + ":rule[].transition[].days"},
			},
			splits: []split{
				{terraform: "aws_s3_bucket_versioning", parent: parent},
				{terraform: encryption, parent: parent},
				{terraform: "aws_s3_bucket_ownership_controls", parent: parent},
				{terraform: public, parent: parent},
				{terraform: "aws_s3_bucket_logging", parent: parent},
				{terraform: lifecycle, parent: parent},
			},
		},
		{
			cloudformation: "AWS::S3::BucketPolicy", terraform: "aws_s3_bucket_policy",
			nouns: []string{"Policy", "Bucket"},
			properties: []property{
				{from: "Bucket", to: "bucket"},
				{from: "PolicyDocument", to: "policy", read: "policy", write: "json"},
			},
		},
	}
}
