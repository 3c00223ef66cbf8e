package terraform

func sqs() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::SQS::Queue", terraform: "aws_sqs_queue",
			nouns:      []string{"Queue"},
			attributes: map[string]string{"Ref": "url", "Arn": "arn", "QueueName": "name"},
			properties: []property{
				{from: "QueueName", to: "name"},
				{from: "MaximumMessageSize", to: "max_message_size"},
				{from: "MessageRetentionPeriod", to: "message_retention_seconds"},
				{from: "VisibilityTimeout", to: "visibility_timeout_seconds"},
				{from: "SqsManagedSseEnabled", to: "sqs_managed_sse_enabled"},
				{from: "RedrivePolicy", to: "redrive_policy", write: "json"},
				{from: "RedriveAllowPolicy", to: "redrive_allow_policy", write: "json"},
				{from: "@Retain", left: "the queues are deleted with their stack, as Terraform deletes them", while: "false"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::SQS::QueuePolicy", terraform: "aws_sqs_queue_policy",
			nouns: []string{"Policy", "Queue"},
			properties: []property{
				{from: "Queues", to: "queue_url", write: "only"},
				{from: "PolicyDocument", to: "policy", read: "policy", write: "json"},
			},
		},
	}
}

func sns() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::SNS::Topic", terraform: "aws_sns_topic",
			nouns:      []string{"Topic"},
			attributes: map[string]string{"Ref": "arn", "TopicName": "name"},
			properties: []property{
				{from: "TopicName", to: "name"},
				{from: "DisplayName", to: "display_name"},
				{from: "KmsMasterKeyId", to: "kms_master_key_id"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::SNS::TopicPolicy", terraform: "aws_sns_topic_policy",
			nouns: []string{"Policy", "Topic"},
			properties: []property{
				{from: "Topics", to: "arn", write: "only"},
				{from: "PolicyDocument", to: "policy", read: "policy", write: "json"},
			},
		},
		{
			cloudformation: "AWS::SNS::Subscription", terraform: "aws_sns_topic_subscription",
			attributes: map[string]string{"Ref": "arn"},
			properties: []property{
				{from: "TopicArn", to: "topic_arn"},
				{from: "Protocol", to: "protocol"},
				{from: "Endpoint", to: "endpoint"},
			},
		},
	}
}
