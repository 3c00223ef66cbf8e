package stack_test

import (
	"fmt"
	"testing"
)

const (
	eventsQueue = "${Pipeline/Events/Queue.Arn}"
	deadLetters = "${Pipeline/Events/DeadLetters.Arn}"
)

func TestQueues_take_messages_of_1_MiB_and_are_encrypted_by_SQS(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, pipeline)
		a.count(t, "AWS::SQS::Queue", 2)
		a.eachHas(t, "AWS::SQS::Queue", object{"MaximumMessageSize": 1_048_576, "SqsManagedSseEnabled": true})
	})
}

func TestQueues_refuse_callers_without_TLS(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		for path, arn := range map[string]string{"Events/Queue/Policy": eventsQueue, "Events/DeadLetters/Policy": deadLetters} {
			policy := p.stacks[pipeline].at(t, path)
			sameStatements(t, policy, policy.statements("PolicyDocument"), withoutTLS([]string{arn}, "sqs:*"))
			same(t, policy, policy.plain("Queues"), []string{arn[:len(arn)-len(".Arn}")] + "}"})
		}
	}
}

// A batch of the processor may take all its time and still be repeated five times
// by the time its messages come back.
func TestEventsQueue_hides_a_message_for_six_time_outs_and_the_window(t *testing.T) {
	for p, seconds := range map[*platform]int{dev(t): 6 * 30, prod(t): 6*30 + 1, abroad(t): 6*30 + 300} {
		p.assert(t, pipeline).has(t, "AWS::SQS::Queue", object{"QueueName": p.settings.Named("events"), "VisibilityTimeout": seconds})
	}
}

func TestEventsQueue_gives_a_message_up_after_a_thousand_receives(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		queue := p.stacks[pipeline].at(t, "Events/Queue")
		same(t, queue, queue.plain("RedrivePolicy"), object{"deadLetterTargetArn": deadLetters, "maxReceiveCount": 1000})
		same(t, queue, queue.plain("QueueName"), p.settings.Named("events"))
	}
}

func TestEventsQueue_keeps_messages_for_four_days(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "AWS::SQS::Queue", object{"QueueName": p.settings.Named("events"), "MessageRetentionPeriod": 4 * 86_400})
	})
}

func TestDeadLetters_stay_for_fourteen_days(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "AWS::SQS::Queue", object{"QueueName": p.settings.Named("dlq"), "MessageRetentionPeriod": 14 * 86_400})
	})
}

func TestDeadLetters_come_from_the_events_queue_alone(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		queue := p.stacks[pipeline].at(t, "Events/DeadLetters")
		same(t, queue, queue.plain("RedriveAllowPolicy"), object{
			"redrivePermission": "byQueue",
			"sourceQueueArns":   []string{fmt.Sprintf("arn:%s:sqs:%s:${AWS::AccountId}:%s", p.partition(), p.region(), p.settings.Named("events"))},
		})
		same(t, queue, queue.plain("RedrivePolicy"), nil)
	}
}

func TestTopics_are_encrypted_with_the_stage_s_own_key(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		names := map[string]bool{}
		for _, topic := range p.all("AWS::SNS::Topic") {
			same(t, topic, topic.plain("KmsMasterKeyId"), "${Pipeline/TopicKey.Arn}")
			names[topic.text("TopicName")] = true
		}
		same(t, p.settings.Name, names, map[string]bool{p.settings.Named("notifications"): true, p.settings.Named("alarms"): true})
	}
}

// The policy takes the place of the one that SNS gives a topic, under which the
// account's alarms could publish: those need a statement of their own.
func TestTopics_refuse_publishers_without_TLS_and_take_alarms_where_they_go(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		for stack, path := range map[string]string{pipeline: "Notifications/Topic", observability: "Alarms/Topic/Topic"} {
			policy := p.stacks[stack].at(t, path+"/Policy")
			topic := fmt.Sprintf("${%s/%s}", stack, path)
			want := withoutTLS([]string{topic}, "sns:Publish")
			want.Sid, want.Principal = "AllowPublishThroughSSLOnly", "*"
			all := []statement{want}
			if stack == observability {
				alarms := allow([]string{topic}, "sns:Publish")
				alarms.Sid, alarms.Principal = "AlarmsMayPublish", object{"Service": "cloudwatch.amazonaws.com"}
				alarms.Condition = object{"StringEquals": object{"aws:SourceAccount": "${AWS::AccountId}"}}
				events := alarms
				events.Sid, events.Principal = "DatabaseEventsMayPublish", object{"Service": "events.rds.amazonaws.com"}
				all = append(all, alarms, events)
			}
			sameStatements(t, policy, policy.statements("PolicyDocument"), all...)
			same(t, policy, policy.plain("Topics"), []string{topic})
		}
	}
}

func TestTopicKey_rotates_and_stays_in_prod(t *testing.T) {
	for p, policy := range map[*platform][2]string{dev(t): {"Delete", "Delete"}, prod(t): {"RetainExceptOnCreate", "Retain"}} {
		a := p.assert(t, pipeline)
		a.count(t, "AWS::KMS::Key", 1)
		a.is(t, "AWS::KMS::Key", object{
			"Properties": like(object{"EnableKeyRotation": true}), "DeletionPolicy": policy[0], "UpdateReplacePolicy": policy[1],
		})
		a.has(t, "AWS::KMS::Alias", object{"AliasName": "alias/fluxa-topics-" + p.settings.Name})
	}
}

func TestTopicKey_is_for_the_account_and_for_its_alarms(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		key := p.stacks[pipeline].at(t, "TopicKey")
		owner := allow([]string{"*"}, "kms:*")
		owner.Principal = object{"AWS": "arn:" + p.partition() + ":iam::${AWS::AccountId}:root"}
		alarms := allow([]string{"*"}, "kms:Decrypt", "kms:GenerateDataKey*")
		alarms.Sid, alarms.Principal = "AlarmsMayBePublished", object{"Service": []string{"cloudwatch.amazonaws.com", "events.rds.amazonaws.com"}}
		alarms.Condition = object{"StringEquals": object{"aws:SourceAccount": "${AWS::AccountId}"}}
		sameStatements(t, key, key.statements("KeyPolicy"), owner, alarms)
	}
}
