package construct

import (
	"testing"
)

func bucketProps() PayloadBucketProps {
	return PayloadBucketProps{BucketName: "payloads", GlacierDays: 30, OldVersionDays: 7}
}

func TestPayloadBucket_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = PayloadBucketProps
	stack := newStack(t)
	refuses(t, "PayloadBucket", bucketProps, func(props *p) { NewPayloadBucket(stack, "Bucket", props) },
		wrong[p]{func(p *p) { p.BucketName = "Payloads" }, `BucketName must have 3 to 63 characters of a-z0-9.-, got "Payloads"`},
		wrong[p]{func(p *p) { p.GlacierDays = 0 }, "GlacierDays must be 1 to 3650, got 0"},
		wrong[p]{func(p *p) { p.PayloadDays = 36_601 }, "PayloadDays must be 0 to 36600, got 36601"},
		wrong[p]{func(p *p) { p.PayloadDays = 30 }, "PayloadDays must be more than GlacierDays (30), got 30"},
		wrong[p]{func(p *p) { p.ExportDays = 36_601 }, "ExportDays must be 0 to 36600, got 36601"},
		wrong[p]{func(p *p) { p.OldVersionDays = 3651 }, "OldVersionDays must be 1 to 3650, got 3651"},
		wrong[p]{func(p *p) { p.Removal = "destroy" }, "Removal must be one of [RETAIN DESTROY], got destroy"},
		wrong[p]{func(p *p) { p.AccessLogsName, p.AccessLogDays = "a", 1 }, `AccessLogsName must have 3 to 63 characters of a-z0-9.-, got "a"`},
		wrong[p]{func(p *p) { p.AccessLogsName = "logs" }, "AccessLogDays must be 1 to 3653, got 0"})
}

func TestPayloadBucket_stays_by_default_and_archives_payloads(t *testing.T) {
	stack := newStack(t)
	props := bucketProps()
	NewPayloadBucket(stack, "Bucket", &props)
	made := templateOf(stack)
	made.HasResource(text("AWS::S3::Bucket"), map[string]any{"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"})
	made.has(t, "AWS::S3::Bucket", map[string]any{
		"VersioningConfiguration": map[string]any{"Status": "Enabled"},
		"LifecycleConfiguration": map[string]any{"Rules": []any{
			map[string]any{"Id": "archive", "Prefix": "raw/", "Status": "Enabled", "ExpirationInDays": 36600, "Transitions": []any{map[string]any{"StorageClass": "GLACIER_IR", "TransitionInDays": 30}}},
			map[string]any{"Id": "tidy", "Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 7}, "ExpiredObjectDeleteMarker": true,
				"AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 1}},
			map[string]any{"Id": "downloads", "Prefix": "exports/download/", "Status": "Enabled", "ExpirationInDays": 7},
			map[string]any{"Id": "exports", "Prefix": "exports/", "Status": "Enabled", "ExpirationInDays": 36600},
		}},
	})
}

func TestPayloadBucket_deletes_payloads_and_exports_that_are_old_enough(t *testing.T) {
	stack, props := newStack(t), bucketProps()
	props.PayloadDays, props.ExportDays = 66, 400
	NewPayloadBucket(stack, "Bucket", &props)
	templateOf(stack).has(t, "AWS::S3::Bucket", map[string]any{
		"LifecycleConfiguration": map[string]any{"Rules": []any{
			map[string]any{"Id": "archive", "Prefix": "raw/", "Status": "Enabled", "ExpirationInDays": 66, "Transitions": []any{map[string]any{"StorageClass": "GLACIER_IR", "TransitionInDays": 30}}},
			map[string]any{"Id": "tidy", "Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 7}, "ExpiredObjectDeleteMarker": true,
				"AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 1}},
			map[string]any{"Id": "downloads", "Prefix": "exports/download/", "Status": "Enabled", "ExpirationInDays": 7},
			map[string]any{"Id": "exports", "Prefix": "exports/", "Status": "Enabled", "ExpirationInDays": 400},
		}},
	})
}
