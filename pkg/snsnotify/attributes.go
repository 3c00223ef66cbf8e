package snsnotify

import (
	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/process"
)

// attribute is the value of one attribute of a message, and its type.
//
// Name, type and value may not be empty, a value has the restrictions of a message
// body, and all three count towards the size of the message
// (https://docs.aws.amazon.com/goto/WebAPI/sns-2010-03-31/MessageAttributeValue,
// read 2026-11-28).
type attribute struct{ kind, value string }

const (
	stringType = "String"
	numberType = "Number"
)

// The attributes to filter by, besides the client and the two ids. Only a notification of a
// replay has attrReplayed.
const (
	attrUserID   = "user_id"
	attrCurrency = "currency"
	attrMerchant = "merchant"
	attrStatus   = "status"
	attrAmount   = "amount"
	attrReplayed = "replayed"
)

// attributesOf leaves out what is empty. With attrReplayed there are nine: SNS discards a
// message of more than ten for a queue with raw message delivery
// (https://docs.aws.amazon.com/sns/latest/dg/SNSMessageAttributes.html, read 2026-11-30). The amount is exact; a filter policy
// compares numbers from -10^9 to 10^9, five digits after the point
// (https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html,
// read 2026-11-28), which covers the four decimals of an amount, but not every amount
// that an event may have.
func attributesOf(n process.Notification) map[string]attribute {
	out := make(map[string]attribute, 8)
	for _, text := range [...][2]string{
		{contract.AttrClient, n.Client}, {contract.AttrEventID, n.EventID}, {contract.AttrCorrelationID, n.CorrelationID},
		{attrUserID, n.UserID}, {attrCurrency, n.Currency}, {attrMerchant, n.Merchant}, {attrStatus, n.Status},
	} {
		if value := awsclient.Text(text[1]); value != "" {
			out[text[0]] = attribute{stringType, value}
		}
	}
	if amount := n.Amount.String(); amount != "" {
		out[attrAmount] = attribute{numberType, amount}
	}
	return out
}

func replayedAttributesOf(n process.Notification) map[string]attribute {
	out := attributesOf(n)
	out[attrReplayed] = attribute{stringType, "true"}
	return out
}

// bare is the publication with no attributes but the client and the ids, which are ASCII
// or were checked by the one who sent them, and what says that it is a replay.
func (p publication) bare() publication {
	ids := map[string]attribute{}
	for _, name := range []string{contract.AttrClient, contract.AttrEventID, contract.AttrCorrelationID, attrReplayed} {
		if a, ok := p.attributes[name]; ok {
			ids[name] = a
		}
	}
	return publication{p.message, ids}
}
