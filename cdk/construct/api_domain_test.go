package construct

import "testing"

const certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/0f3a1c52-6d0e-4f5b-9a0e-2b9f5d1c7e11"

func TestAPIDomain_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = APIDomainProps
	stack := newStack(t)
	props := apiProps(stack)
	api := NewEventAPI(stack, "API", &props)
	refuses(t, "APIDomain", func() p { return p{Name: "events.example.com", CertificateARN: certificate, API: api} },
		func(props *p) { NewAPIDomain(stack, "Domain", props) },
		wrong[p]{func(p *p) { p.Name = "*.example.com" }, `Name must be a host name such as events.example.com, got "*.example.com"`},
		wrong[p]{func(p *p) { p.Name = "example" }, `Name must be a host name such as events.example.com, got "example"`},
		wrong[p]{func(p *p) { p.CertificateARN = "" }, "CertificateARN is required"},
		wrong[p]{func(p *p) { p.API = nil }, "API is required"})
}

func TestAPIDomain_leads_from_its_root_to_the_stage(t *testing.T) {
	stack := newStack(t)
	props := apiProps(stack)
	NewAPIDomain(stack, "Domain", &APIDomainProps{Name: "events.example.com", CertificateARN: certificate, API: NewEventAPI(stack, "API", &props)})
	made := templateOf(stack)
	made.has(t, "AWS::ApiGateway::DomainName", map[string]any{
		"DomainName": "events.example.com", "RegionalCertificateArn": certificate, "SecurityPolicy": "TLS_1_2",
		"EndpointConfiguration": map[string]any{"Types": []any{"REGIONAL"}},
	})
	made.count(t, "AWS::ApiGateway::BasePathMapping", 1)
}
