package stack_test

import (
	"fmt"
	"testing"

	"github.com/aws/jsii-runtime-go"
)

func TestPayloads_are_private(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).eachHas(t, "AWS::S3::Bucket", object{
			"PublicAccessBlockConfiguration": object{
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
			},
			"OwnershipControls": object{"Rules": []any{object{"ObjectOwnership": "BucketOwnerEnforced"}}},
		})
	})
}

func TestPayloads_are_encrypted(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).eachHas(t, "AWS::S3::Bucket", object{"BucketEncryption": object{
			"ServerSideEncryptionConfiguration": []any{object{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}}},
		}})
	})
}

func TestPayloads_are_refused_to_callers_without_TLS_1_2(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		policy := p.stacks[data].at(t, "Payloads/Bucket/Policy")
		same(t, policy, policy.plain("Bucket"), "${Data/Payloads/Bucket}")
		bucket := []string{"${Data/Payloads/Bucket.Arn}", "${Data/Payloads/Bucket.Arn}/*"}
		old := withoutTLS(bucket, "s3:*")
		old.Condition = object{"NumericLessThan": object{"s3:TlsVersion": 1.2}}
		sameStatements(t, policy, policy.statements("PolicyDocument"), withoutTLS(bucket, "s3:*"), old)
	}
}

func TestPayloads_keep_their_versions_for_the_stage_s_days(t *testing.T) {
	for p, days := range map[*platform]int{dev(t): 7, prod(t): 30} {
		a := p.assert(t, data)
		a.has(t, "AWS::S3::Bucket", object{
			"VersioningConfiguration": object{"Status": "Enabled"},
			"LifecycleConfiguration": object{"Rules": with(like(object{
				"Status": "Enabled", "Prefix": absent(), "NoncurrentVersionExpiration": object{"NoncurrentDays": days},
				"ExpiredObjectDeleteMarker": true,
			}))},
		})
	}
}

func TestPayloads_move_to_Glacier_Instant_Retrieval_after_the_stage_s_days(t *testing.T) {
	for p, days := range map[*platform]int{dev(t): 30, prod(t): 90} {
		p.assert(t, data).has(t, "AWS::S3::Bucket", object{"LifecycleConfiguration": object{"Rules": with(like(object{
			"Status": "Enabled", "Prefix": "raw/", "Transitions": []any{object{"StorageClass": "GLACIER_IR", "TransitionInDays": days}},
		}))}})
	}
}

// TestPayloads_expire_after_their_events: 36 days later, as long as a message of theirs may
// still come. In prod, whose events stay, they are kept for a hundred years, and so are the
// exports of both but for what was taken away.
func TestPayloads_expire_after_their_events(t *testing.T) {
	t.Parallel()
	for p, want := range map[*platform]map[string]any{
		dev(t): {"raw/": 66, "exports/download/": 7, "exports/": 36600}, prod(t): {"raw/": 36600, "exports/download/": 7, "exports/": 36600},
	} {
		bucket := p.stacks[data].at(t, "Payloads/Bucket")
		got := map[string]any{}
		for _, rule := range bucket.plain("LifecycleConfiguration", "Rules").([]any) {
			if expires, has := rule.(object)["ExpirationInDays"]; has {
				got[rule.(object)["Prefix"].(string)] = expires
			}
		}
		same(t, bucket, got, want)
	}
}

func TestPayloads_do_not_keep_uploads_that_were_given_up(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, data).eachHas(t, "AWS::S3::Bucket", object{"LifecycleConfiguration": object{"Rules": with(like(object{
			"Status": "Enabled", "Prefix": absent(), "AbortIncompleteMultipartUpload": object{"DaysAfterInitiation": 1},
		}))}})
	})
}

func TestPayloads_outlive_their_stack_in_prod_and_go_with_it_in_dev(t *testing.T) {
	for p, policy := range map[*platform][2]string{dev(t): {"Delete", "Delete"}, prod(t): {"RetainExceptOnCreate", "Retain"}} {
		a := p.assert(t, data)
		a.expect(t, func() {
			a.template.AllResources(jsii.String("AWS::S3::Bucket"), object{"DeletionPolicy": policy[0], "UpdateReplacePolicy": policy[1]})
		})
	}
}

func TestPayloads_have_a_name_that_is_unique_in_the_world(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		bucket := p.stacks[data].at(t, "Payloads/Bucket")
		same(t, bucket, bucket.plain("BucketName"), fmt.Sprintf("fluxa-payloads-%s-${AWS::AccountId}-%s", p.settings.Name, p.region()))
	}
}

func TestPayloads_have_an_access_log_in_prod_that_only_S3_writes_and_that_ends(t *testing.T) {
	dev(t).assert(t, data).count(t, "AWS::S3::Bucket", 1)
	dev(t).assert(t, data).has(t, "AWS::S3::Bucket", object{"LoggingConfiguration": absent()})

	a := prod(t).assert(t, data)
	a.count(t, "AWS::S3::Bucket", 2)
	a.has(t, "AWS::S3::Bucket", object{
		"LoggingConfiguration":   absent(),
		"LifecycleConfiguration": object{"Rules": []any{like(object{"Status": "Enabled", "ExpirationInDays": 90})}},
	})
	stack := prod(t).stacks[data]
	bucket := stack.at(t, "Payloads/Bucket")
	same(t, bucket, bucket.plain("LoggingConfiguration"), object{"DestinationBucketName": "${Data/Payloads/AccessLogs}", "LogFilePrefix": "payloads/"})
	logs := []string{"${Data/Payloads/AccessLogs.Arn}", "${Data/Payloads/AccessLogs.Arn}/*"}
	old := withoutTLS(logs, "s3:*")
	old.Condition = object{"NumericLessThan": object{"s3:TlsVersion": 1.2}}
	written := allow([]string{"${Data/Payloads/AccessLogs.Arn}/payloads/*"}, "s3:PutObject")
	written.Principal = object{"Service": "logging.s3.amazonaws.com"}
	written.Condition = object{
		"ArnLike":      object{"aws:SourceArn": "${Data/Payloads/Bucket.Arn}"},
		"StringEquals": object{"aws:SourceAccount": "${AWS::AccountId}"},
	}
	sameStatements(t, "the log's policy", stack.at(t, "Payloads/AccessLogs/Policy").statements("PolicyDocument"), withoutTLS(logs, "s3:*"), old, written)
}
