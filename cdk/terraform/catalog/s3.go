package catalog

func s3() []Type {
	parent := map[string]string{"bucket": "id"}
	versioning, logging := At("aws_s3_bucket_versioning"), At("aws_s3_bucket_logging")
	encryption, public := At("aws_s3_bucket_server_side_encryption_configuration"), At("aws_s3_bucket_public_access_block")
	ownership, lifecycle := At("aws_s3_bucket_ownership_controls"), At("aws_s3_bucket_lifecycle_configuration")
	rules := prop("LifecycleConfiguration", "Rules")
	return []Type{
		{
			CloudFormation: "AWS::S3::Bucket", Terraform: "aws_s3_bucket",
			Nouns:      []string{"Bucket"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}, "Arn": {Name: "arn"}},
			Properties: []Property{
				{From: prop("BucketName"), To: Attr("bucket")},
				retained("Terraform never deletes a bucket that holds an object: force_destroy is not set"),
				tagged(),
				{From: prop("VersioningConfiguration", "Status"), To: versioning.Block("versioning_configuration").Attr("status")},
				{From: prop("BucketEncryption", "ServerSideEncryptionConfiguration").each("ServerSideEncryptionByDefault", "SSEAlgorithm"), To: encryption.Blocks("rule").Block("apply_server_side_encryption_by_default").Attr("sse_algorithm")},
				{From: prop("BucketEncryption", "ServerSideEncryptionConfiguration").each("ServerSideEncryptionByDefault", "KMSMasterKeyID"), To: encryption.Blocks("rule").Block("apply_server_side_encryption_by_default").Attr("kms_master_key_id")},
				{From: prop("BucketEncryption", "ServerSideEncryptionConfiguration").each("BucketKeyEnabled"), To: encryption.Blocks("rule").Attr("bucket_key_enabled")},
				{From: prop("OwnershipControls", "Rules").each("ObjectOwnership"), To: ownership.Blocks("rule").Attr("object_ownership")},
				{From: prop("PublicAccessBlockConfiguration", "BlockPublicAcls"), To: public.Attr("block_public_acls")},
				{From: prop("PublicAccessBlockConfiguration", "BlockPublicPolicy"), To: public.Attr("block_public_policy")},
				{From: prop("PublicAccessBlockConfiguration", "IgnorePublicAcls"), To: public.Attr("ignore_public_acls")},
				{From: prop("PublicAccessBlockConfiguration", "RestrictPublicBuckets"), To: public.Attr("restrict_public_buckets")},
				{From: prop("LoggingConfiguration", "DestinationBucketName"), To: logging.Attr("target_bucket")},
				{From: prop("LoggingConfiguration", "LogFilePrefix"), To: logging.Attr("target_prefix")},
				{From: rules.each("Id"), To: lifecycle.Blocks("rule").Attr("id")},
				{From: rules.each("Status"), To: lifecycle.Blocks("rule").Attr("status")},
				// The provider wants a filter, and an empty one is for the whole bucket.
				{From: rules.each("Id"), To: lifecycle.Blocks("rule").Block("filter")},
				{From: rules.each("Prefix"), To: lifecycle.Blocks("rule").Block("filter").Attr("prefix")},
				{From: rules.each("AbortIncompleteMultipartUpload", "DaysAfterInitiation"), To: lifecycle.Blocks("rule").Block("abort_incomplete_multipart_upload").Attr("days_after_initiation")},
				{From: rules.each("ExpirationInDays"), To: lifecycle.Blocks("rule").Block("expiration").Attr("days")},
				{From: rules.each("ExpiredObjectDeleteMarker"), To: lifecycle.Blocks("rule").Block("expiration").Attr("expired_object_delete_marker")},
				{From: rules.each("NoncurrentVersionExpiration", "NoncurrentDays"), To: lifecycle.Blocks("rule").Block("noncurrent_version_expiration").Attr("noncurrent_days")},
				{From: rules.each("Transitions").each("StorageClass"), To: lifecycle.Blocks("rule").Blocks("transition").Attr("storage_class")},
				{From: rules.each("Transitions").each("TransitionInDays"), To: lifecycle.Blocks("rule").Blocks("transition").Attr("days")},
			},
			Splits: []Split{
				{Terraform: versioning.Split, Parent: parent},
				{Terraform: encryption.Split, Parent: parent},
				{Terraform: ownership.Split, Parent: parent},
				{Terraform: public.Split, Parent: parent},
				{Terraform: logging.Split, Parent: parent},
				{Terraform: lifecycle.Split, Parent: parent},
			},
		},
		{
			CloudFormation: "AWS::S3::BucketPolicy", Terraform: "aws_s3_bucket_policy",
			Nouns: []string{"Policy", "Bucket"},
			Properties: []Property{
				{From: prop("Bucket"), To: Attr("bucket")},
				{From: prop("PolicyDocument"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
			},
		},
	}
}
