package privilege

import "slices"

// keyKinds says what the customer's key of a resource is to a function.
func keyKinds() map[Kind]Kind {
	return map[Kind]Kind{
		EventsQueue: EventsQueueKey, DeadLetterQueue: DeadLetterKey, PayloadBucket: PayloadKey, Topic: TopicKey, DatabaseSecret: SecretKey,
	}
}

// keyUse is what an action takes of the customer's key that encrypts its resource.
type keyUse struct {
	action  string
	on, key Kind
	takes   []string
}

// keyUses has no topic, whose key a stage always has: it is in the table of operations.
//
//   - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
//   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
func keyUses() []keyUse {
	const decrypt, generate = "kms:Decrypt", "kms:GenerateDataKey"
	return []keyUse{
		{"sqs:SendMessage", EventsQueue, EventsQueueKey, []string{generate, decrypt}},
		{"sqs:SendMessage", DeadLetterQueue, DeadLetterKey, []string{generate, decrypt}},
		{"sqs:ReceiveMessage", EventsQueue, EventsQueueKey, []string{decrypt}},
		{"s3:PutObject", PayloadObjects, PayloadKey, []string{generate}},
		{"s3:PutObject", ExportObjects, PayloadKey, []string{generate}},
		{"s3:GetObject", PayloadObjects, PayloadKey, []string{decrypt}},
		{"s3:GetObject", ExportObjects, PayloadKey, []string{decrypt}},
		{"secretsmanager:GetSecretValue", DatabaseSecret, SecretKey, []string{decrypt}},
	}
}

// keyNeeds returns what the function needs of keys, for its other needs.
func keyNeeds(f Function, needs []Need) []Need {
	var out []Need
	for _, use := range keyUses() {
		at := slices.IndexFunc(needs, func(n Need) bool { return n.Action == use.action && n.Kind == use.on })
		if at < 0 || f.Targets[use.key] == "" {
			continue
		}
		for _, action := range use.takes {
			out = append(out, Need{Action: action, Kind: use.key, Calls: needs[at].Calls, Lambda: needs[at].Lambda, Sourceless: needs[at].Sourceless})
		}
	}
	return out
}
