package stack_test

import (
	"slices"
	"strings"
	"testing"
)

const stageKey = "${Data/DataKey.Arn}"

// TestEncryption_is_with_keys_of_AWS_unless_the_stage_has_its_own: but for the topics,
// whose key CloudWatch must be let use.
func TestEncryption_is_with_keys_of_AWS_unless_the_stage_has_its_own(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		keys := p.all("AWS::KMS::Key")
		same(t, p.settings.Name, len(keys), 1)
		same(t, p.settings.Name, keys[0].Path, "TopicKey")
		for _, group := range p.all("AWS::Logs::LogGroup") {
			same(t, group, group.plain("KmsKeyId"), nil)
		}
		instance := p.stacks[data].at(t, "Database/Instance")
		same(t, instance, []any{instance.plain("KmsKeyId"), instance.plain("MasterUserSecret"), instance.plain("PerformanceInsightsKMSKeyId")}, []any{nil, nil, nil})
	}
}

func TestEncryption_of_payloads_and_queues_is_with_the_stage_s_key(t *testing.T) {
	t.Parallel()
	for _, p := range []*platform{abroad(t), paused(t)} {
		bucket := p.stacks[data].at(t, "Payloads/Bucket")
		same(t, bucket, bucket.plain("BucketEncryption"), object{"ServerSideEncryptionConfiguration": []object{{
			"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": object{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": stageKey},
		}}})
		for _, path := range []string{"Events/Queue", "Events/DeadLetters"} {
			queue := p.stacks[pipeline].at(t, path)
			same(t, queue, []any{queue.plain("KmsMasterKeyId"), queue.plain("KmsDataKeyReusePeriodSeconds"), queue.plain("SqsManagedSseEnabled")}, []any{stageKey, 300, nil})
		}
	}
	// S3 delivers no access logs into a bucket with a key of KMS.
	logs := abroad(t).stacks[data].at(t, "Payloads/AccessLogs")
	same(t, logs, logs.plain("BucketEncryption"), object{"ServerSideEncryptionConfiguration": []object{{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}}}})
}

// TestEncryption_of_logs_is_with_the_stage_s_key: of all but the network's connections,
// which are logged before there is a key, and have no events.
func TestEncryption_of_logs_is_with_the_stage_s_key(t *testing.T) {
	t.Parallel()
	for _, p := range []*platform{abroad(t), paused(t)} {
		seen := 0
		for _, name := range []string{data, pipeline, observability} {
			for _, group := range p.stacks[name].all("AWS::Logs::LogGroup") {
				same(t, group, group.plain("KmsKeyId"), stageKey)
				seen++
			}
		}
		if seen < 8 {
			t.Errorf("%s has %d log groups", p.settings.Name, seen)
		}
	}
	for _, group := range abroad(t).stacks[network].all("AWS::Logs::LogGroup") {
		same(t, group, group.plain("KmsKeyId"), nil)
	}
}

func TestEncryption_of_the_database_is_with_the_stage_s_key_where_it_says_so(t *testing.T) {
	t.Parallel()
	instance := abroad(t).stacks[data].at(t, "Database/Instance")
	same(t, instance, []any{instance.plain("KmsKeyId"), instance.plain("PerformanceInsightsKMSKeyId"), instance.plain("MasterUserSecret")},
		[]any{stageKey, stageKey, object{"KmsKeyId": stageKey}})
	cluster := paused(t).stacks[data].at(t, "Database/Cluster")
	same(t, cluster, []any{cluster.plain("KmsKeyId"), cluster.plain("MasterUserSecret")}, []any{nil, nil})
}

// TestStageKey_is_for_the_account_and_its_log_groups_and_goes_with_the_data.
func TestStageKey_is_for_the_account_and_its_log_groups_and_goes_with_the_data(t *testing.T) {
	t.Parallel()
	for p, removed := range map[*platform]string{abroad(t): "RetainExceptOnCreate", paused(t): "Delete"} {
		key := p.stacks[data].at(t, "DataKey")
		same(t, key, []any{key.DeletionPolicy, key.plain("EnableKeyRotation")}, []any{removed, true})
		same(t, key, p.stacks[data].at(t, "DataKey/Alias").plain("AliasName"), "alias/"+p.settings.Named("data"))
		owner := allow([]string{"*"}, "kms:*")
		owner.Principal = object{"AWS": "arn:" + p.partition() + ":iam::" + p.account() + ":root"}
		logs := allow([]string{"*"}, "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey*", "kms:DescribeKey")
		logs.Sid, logs.Principal = "LogsMayBeEncrypted", object{"Service": "logs." + p.region() + ".amazonaws.com"}
		logs.Condition = object{"ArnLike": object{"kms:EncryptionContext:aws:logs:arn": "arn:" + p.partition() + ":logs:" + p.region() + ":" + p.account() + ":log-group:*"}}
		sameStatements(t, key, key.statements("KeyPolicy"), owner, logs)
	}
}

// TestFunctions_use_the_stage_s_key_for_what_they_read_and_write: by a policy of its own
// of each role, which a stage without the key does not have.
func TestFunctions_use_the_stage_s_key_for_what_they_read_and_write(t *testing.T) {
	t.Parallel()
	reads, writes := []string{"kms:Decrypt"}, []string{"kms:Decrypt", "kms:GenerateDataKey"}
	for p, want := range map[*platform]map[string][]string{
		abroad(t): {"Ingest": writes, "Processor": writes, "Query": reads, "Maintain": writes, "Migrate": reads},
		paused(t): {"Ingest": writes, "Processor": writes, "Query": reads, "Maintain": writes}, // the secret is not encrypted with it
		dev(t):    {}, prod(t): {},
	} {
		got := map[string][]string{}
		for _, policy := range p.stacks[pipeline].all("AWS::IAM::Policy") {
			function, is := strings.CutSuffix(policy.Path, "/Role/KeyAccess")
			if !is {
				continue
			}
			same(t, policy, policy.plain("Roles"), []string{"${Pipeline/" + function + "/Role}"})
			for _, s := range policy.statements("PolicyDocument") {
				same(t, policy, s.Resources, []string{stageKey})
				got[function] = append(got[function], s.Actions...)
			}
			slices.Sort(got[function])
		}
		same(t, p.settings.Name, got, want)
	}
}
