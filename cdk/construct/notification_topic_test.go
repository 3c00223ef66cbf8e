package construct

import (
	"testing"
)

func TestTopicKey_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = TopicKeyProps
	stack := newStack(t)
	refuses(t, "TopicKey", func() p { return p{Alias: "topics"} }, func(props *p) { NewTopicKey(stack, "Key", props) },
		wrong[p]{func(p *p) { p.Alias = "the topics" }, `Alias must have 1 to 250 characters of A-Za-z0-9/_-, got "the topics"`},
		wrong[p]{func(p *p) { p.Removal = "keep" }, "Removal must be one of [RETAIN DESTROY], got keep"})
}

func TestNotificationTopic_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = NotificationTopicProps
	stack := newStack(t)
	key := NewTopicKey(stack, "Key", &TopicKeyProps{Alias: "topics"})
	refuses(t, "NotificationTopic", func() p { return p{TopicName: "stored", DisplayName: "Stored", Key: key} },
		func(props *p) { NewNotificationTopic(stack, "Topic", props) },
		wrong[p]{func(p *p) { p.TopicName = "stored.fifo" }, `TopicName must have 1 to 256 characters of A-Za-z0-9_-, got "stored.fifo"`},
		wrong[p]{func(p *p) { p.DisplayName = "" }, `DisplayName must have 1 to 100 characters, got ""`},
		wrong[p]{func(p *p) { p.Key = nil }, "Key is required"})
}

func TestNotificationTopic_is_encrypted_with_its_key(t *testing.T) {
	stack := newStack(t)
	key := NewTopicKey(stack, "Key", &TopicKeyProps{Alias: "topics"})
	NewNotificationTopic(stack, "Topic", &NotificationTopicProps{TopicName: "stored", DisplayName: "Stored", Key: key})
	made := templateOf(stack)
	made.has(t, "AWS::SNS::Topic", map[string]any{"TopicName": "stored", "DisplayName": "Stored", "KmsMasterKeyId": stack.Resolve(key.KeyArn())})
	made.has(t, "AWS::KMS::Key", map[string]any{"EnableKeyRotation": true})
	made.HasResource(text("AWS::KMS::Key"), map[string]any{"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"})
}
