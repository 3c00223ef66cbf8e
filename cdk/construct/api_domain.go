package construct

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// APIDomainProps describes a domain name of the API's own.
type APIDomainProps struct {
	// Name is a host name such as events.example.com, without a wildcard.
	Name string
	// CertificateARN is that of a certificate in ACM for the name, issued, in the
	// region of the API.
	CertificateARN string
	// API is what the name leads to. Its stage is no part of the path.
	API *EventAPI
}

// APIDomain is a regional custom domain. It answers once a DNS record leads to Target:
// an alias in Route 53, in the zone with TargetZone, or a CNAME anywhere else. The
// API's own address stays.
//
// "Set up a Regional custom domain name in API Gateway",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html
type APIDomain struct {
	Construct  constructs.Construct
	Endpoint   *string // of clients, without a slash at its end
	Target     *string
	TargetZone *string
}

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

// NewAPIDomain makes the domain and maps its root to the API's stage.
func NewAPIDomain(scope constructs.Construct, id string, props *APIDomainProps) *APIDomain {
	c := &check{part: "APIDomain"}
	c.require(len(props.Name) <= 253 && hostName.MatchString(props.Name), "Name", "must be a host name such as events.example.com, got %q", props.Name)
	c.given(props.CertificateARN != "", "CertificateARN")
	c.given(props.API != nil, "API")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	domain := awsapigateway.NewCfnDomainName(this, text("Name"), &awsapigateway.CfnDomainNameProps{
		DomainName:             text(props.Name),
		RegionalCertificateArn: text(props.CertificateARN),
		EndpointConfiguration:  &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("REGIONAL")},
		SecurityPolicy:         text("TLS_1_2"),
	})
	awsapigateway.NewCfnBasePathMapping(this, text("Mapping"), &awsapigateway.CfnBasePathMappingProps{
		DomainName: domain.Ref(), RestApiId: props.API.API.RestApiId(), Stage: props.API.API.DeploymentStage().StageName(),
	})
	return &APIDomain{
		Construct: this, Endpoint: text("https://" + *domain.Ref()),
		Target: domain.AttrRegionalDomainName(), TargetZone: domain.AttrRegionalHostedZoneId(),
	}
}
