package catalog

// The flags of a stage with a key of its own: for what it stores, and for the database.
const (
	customerKey = "encryption_customer_key"
	databaseKey = "encryption_database"
)

func encryptionVariables() []Variable {
	uses := func(function Glob) Glob { return "Pipeline/" + function + "/Role/KeyAccess/*" }
	return []Variable{
		toggle(customerKey, "Whether a KMS key of the stage encrypts payloads, queues and logs; else keys of AWS do.",
			"Data/DataKey/*", uses("Ingest"), uses("Processor"), uses("Query"), uses("Maintain")),
		toggle(databaseKey, "Whether that key encrypts the database, too. Another value replaces the database.", uses("Migrate")),
	}
}

func encryptionChoices() []Choice {
	database := func(construct, property Glob) Choice {
		return Choice{Place{"Data/Database/" + construct, property}, databaseKey}
	}
	return []Choice{
		{Place{"Data/Payloads/Bucket/Resource", "BucketEncryption.*.ServerSideEncryptionByDefault.*"}, customerKey},
		{Place{"Data/Payloads/Bucket/Resource", "BucketEncryption.*.BucketKeyEnabled"}, customerKey},
		{Place{"Pipeline/Events/*/Resource", "Kms*"}, customerKey},
		{Place{"Pipeline/Events/*/Resource", "SqsManagedSseEnabled"}, customerKey},
		{Place{"Data/Database/*Log/Resource", "KmsKeyId"}, customerKey},
		{Place{"Pipeline/*Log/Resource", "KmsKeyId"}, customerKey},
		database("Instance/Resource", "KmsKeyId"), database("Instance/Resource", "MasterUserSecret"), database("Instance/Resource", "PerformanceInsightsKMSKeyId"),
		database("Cluster/Resource", "KmsKeyId"), database("Cluster/Resource", "MasterUserSecret"), database("Cluster/*", "PerformanceInsightsKMSKeyId"),
		{Place{"Data/Database/Cluster/*", "PerformanceInsightsKMSKeyId"}, "database_cluster_insights"},
	}
}
