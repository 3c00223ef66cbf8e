package catalog

func sqs() []Type {
	return []Type{
		{
			CloudFormation: "AWS::SQS::Queue", Terraform: "aws_sqs_queue",
			Nouns:      []string{"Queue"},
			Attributes: map[string]Attribute{"Ref": {Name: "url"}, "Arn": {Name: "arn"}, "QueueName": {Name: "name"}},
			Properties: []Property{
				{From: prop("QueueName"), To: Attr("name")},
				{From: prop("MaximumMessageSize"), To: Attr("max_message_size")},
				{From: prop("MessageRetentionPeriod"), To: Attr("message_retention_seconds")},
				{From: prop("VisibilityTimeout"), To: Attr("visibility_timeout_seconds")},
				{From: prop("SqsManagedSseEnabled"), To: Attr("sqs_managed_sse_enabled")},
				{From: prop("KmsMasterKeyId"), To: Attr("kms_master_key_id")},
				{From: prop("KmsDataKeyReusePeriodSeconds"), To: Attr("kms_data_key_reuse_period_seconds")},
				{From: prop("RedrivePolicy"), To: Attr("redrive_policy"), Write: asJSON()},
				{From: prop("RedriveAllowPolicy"), To: Attr("redrive_allow_policy"), Write: asJSON()},
				{From: prop(Retain), Omitted: "the queues are deleted with their stack, as Terraform deletes them", While: false},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::SQS::QueuePolicy", Terraform: "aws_sqs_queue_policy",
			Nouns: []string{"Policy", "Queue"},
			Properties: []Property{
				{From: prop("Queues"), To: Attr("queue_url"), Write: onlyElement()},
				{From: prop("PolicyDocument"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
			},
		},
	}
}

func sns() []Type {
	return []Type{
		{
			CloudFormation: "AWS::SNS::Topic", Terraform: "aws_sns_topic",
			Nouns:      []string{"Topic"},
			Attributes: map[string]Attribute{"Ref": {Name: "arn"}, "TopicName": {Name: "name"}},
			Properties: []Property{
				{From: prop("TopicName"), To: Attr("name")},
				{From: prop("DisplayName"), To: Attr("display_name")},
				{From: prop("KmsMasterKeyId"), To: Attr("kms_master_key_id")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::SNS::TopicPolicy", Terraform: "aws_sns_topic_policy",
			Nouns: []string{"Policy", "Topic"},
			Properties: []Property{
				{From: prop("Topics"), To: Attr("arn"), Write: onlyElement()},
				{From: prop("PolicyDocument"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
			},
		},
		{
			CloudFormation: "AWS::SNS::Subscription", Terraform: "aws_sns_topic_subscription",
			Attributes: map[string]Attribute{"Ref": {Name: "arn"}},
			Properties: []Property{
				{From: prop("TopicArn"), To: Attr("topic_arn")},
				{From: prop("Protocol"), To: Attr("protocol")},
				{From: prop("Endpoint"), To: Attr("endpoint")},
			},
		},
	}
}
