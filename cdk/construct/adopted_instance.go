package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"

	"github.com/fluxa/fluxa/pkg/contract"
)

// AdoptedInstance is an instance of RDS that a stack did not make, such as one restored
// from a backup: a restore never gives back the same instance, but another one with
// another host and secret ("Restoring a DB instance to a specified time",
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html). It must have the
// subnets and the security group of the stack's own instance, and log in with IAM.
type AdoptedInstance struct {
	Name string
	Host string
	// ResourceID is what IAM calls it: db- and 26 capital letters and digits.
	ResourceID string
	// SecretARN is that of the administrator's password, which RDS keeps.
	SecretARN string
}

// adopt puts the other instance in the place of the stack's own, which stays as it is.
func (d *EventDatabase) adopt(a *AdoptedInstance) {
	name := text(a.Name)
	if a.Name == d.name { // it was given the name of the stack's own
		name = d.Instance.InstanceIdentifier()
	}
	d.serving = awsrds.DatabaseInstance_FromDatabaseInstanceAttributes(d.Construct, text("Adopted"), &awsrds.DatabaseInstanceAttributes{
		InstanceIdentifier: name, InstanceEndpointAddress: text(a.Host), InstanceResourceId: text(a.ResourceID),
		// As a token, so that the rules of the security group stay the same ones: a second
		// one of the same content would be refused.
		Port:           awscdk.Token_AsNumber(d.Instance.DbInstanceEndpointPort()),
		Engine:         d.Instance.Engine(),
		SecurityGroups: d.Instance.Connections().SecurityGroups(),
	})
	d.keepExports()
	d.secretARN = text(a.SecretARN)
	d.Instance.Node().DefaultChild().(awscdk.CfnResource).AddMetadata(text(contract.AdoptedMetadata), map[string]string{
		"Name": a.Name, "Host": a.Host, "ResourceID": a.ResourceID, "SecretARN": a.SecretARN,
	})
}

// keepExports keeps what other stacks took of the stack's own instance. They take it
// until they are deployed themselves, and CloudFormation removes no export that is in
// use ("Get exported outputs from a deployed CloudFormation stack",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html).
func (d *EventDatabase) keepExports() {
	stack := awscdk.Stack_Of(d.Construct)
	for _, taken := range []*string{
		d.Instance.InstanceIdentifier(), d.Instance.DbInstanceEndpointAddress(), d.Instance.InstanceResourceId(), d.Instance.Secret().SecretArn(),
	} {
		stack.ExportValue(taken, nil)
	}
}
