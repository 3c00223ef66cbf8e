package diagram

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// node is one box: what it is for, the service it belongs to, and one detail. Its
// ID, such as "queue events", is what the layout knows it by.
type node struct{ ID, Title, Service, Detail, Colour string }

// edge is one arrow between two boxes, with a word on what goes along it.
type edge struct{ from, to, Label string }

type graph struct {
	stage *template.Stage
	nodes []node
	edges []edge
}

// derive finds the boxes and arrows of a stage, in the order of their names.
// Boxes that no arrow touches, such as the bucket of access logs, are left out.
func derive(stage *template.Stage) graph {
	g := graph{stage: stage}
	functions := map[*template.Resource]string{} // by role
	var alarms, routes, readers int
	for _, s := range stage.Stacks {
		for _, r := range s.Resources {
			self, drawn := newNode(r)
			if drawn {
				g.nodes = append(g.nodes, self)
			}
			switch r.Type {
			case "AWS::WAFv2::WebACLAssociation":
				g.connect(g.box(r.At("WebACLArn")), g.box(r.At("ResourceArn")), "")
			case "AWS::ApiGateway::Method":
				routes++
				g.connect("API", g.box(r.At("Integration", "Uri")), literal(r.At("HttpMethod")))
			case "AWS::SQS::Queue":
				g.connect(self.ID, g.box(r.At("RedrivePolicy", "deadLetterTargetArn")),
					fmt.Sprintf("after %v receives", r.At("RedrivePolicy", "maxReceiveCount")))
			case "AWS::Lambda::EventSourceMapping":
				g.connect(g.box(r.At("EventSourceArn")), g.box(r.At("FunctionName")), "batches")
			case "AWS::Scheduler::Schedule":
				g.connect(self.ID, g.box(r.At("Target", "Arn")), "runs")
			case "AWS::Lambda::Function":
				for _, ref := range references(r.At("Role")) {
					functions[stage.Resource(ref)] = self.ID
				}
				g.connect(self.ID, g.box(r.At("Environment", "Variables", "DB_HOST")), "SQL")
			case "AWS::RDS::DBProxyTargetGroup":
				g.connect("proxy", g.box(r.At("DBInstanceIdentifiers")), "SQL")
			case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm":
				alarms++
				g.connect("alarms", g.box(r.At("AlarmActions")), "ring")
			}
			if strings.HasPrefix(r.Type, "Custom::") {
				g.connect("deployment", g.box(r.At("ServiceToken")), "runs")
			}
		}
	}
	for _, policy := range stage.All("AWS::IAM::Policy") {
		for _, role := range references(policy.At("Roles")) {
			if function, is := functions[stage.Resource(role)]; is {
				readers += g.grants(function, policy)
			}
		}
	}
	front := "API"
	if len(stage.All("AWS::WAFv2::WebACL")) > 0 {
		front = "firewall"
	}
	g.connect("client", front, "HTTPS")
	if readers > 0 {
		g.connect("database", "secret", "rotates")
	}
	// What has no resource of its own: who calls and deploys, and the secret of RDS.
	g.nodes = append(g.nodes,
		node{"client", "client", "", "", "outside"},
		node{"API", "API", "API Gateway", fmt.Sprintf("%d routes", routes), "front"},
		node{"deployment", "deployment", "CloudFormation", "", "outside"},
		node{"alarms", fmt.Sprintf("%d alarms", alarms), "CloudWatch", "", "outside"},
		node{"secret", "secret", "Secrets Manager", fmt.Sprintf("read by %d functions", readers), "store"})
	g.nodes = slices.DeleteFunc(g.nodes, func(n node) bool {
		return !slices.ContainsFunc(g.edges, func(e edge) bool { return e.from == n.ID || e.to == n.ID })
	})
	slices.SortFunc(g.nodes, func(a, b node) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(g.edges, func(a, b edge) int {
		return cmp.Or(strings.Compare(a.from, b.from), strings.Compare(a.to, b.to))
	})
	return g
}

// newNode returns the box of a resource. False when its type is not drawn.
func newNode(r *template.Resource) (node, bool) {
	// The second is the property with the name, where a stage has several.
	n, drawn := map[string]node{
		"AWS::WAFv2::WebACL":    {"firewall", "", "AWS WAF", "", "front"},
		"AWS::Lambda::Function": {"function", "FunctionName", "Lambda", "in the VPC", "compute"},
		"AWS::SQS::Queue":       {"queue", "QueueName", "SQS", "", "message"},
		"AWS::SNS::Topic":       {"topic", "TopicName", "SNS", "", "message"},
		"AWS::S3::Bucket":       {"bucket", "BucketName", "S3", "", "store"},
		"AWS::RDS::DBInstance":  {"database", "", "RDS", "", "store"},
		"AWS::RDS::DBProxy":     {"proxy", "", "RDS Proxy", "", "store"},

		"AWS::Scheduler::Schedule": {"schedule", "", "EventBridge", "", "outside"},
	}[r.Type]
	switch {
	case n.ID == "schedule":
		n.Detail = literal(r.At("ScheduleExpression"))
	case n.ID == "function" && r.At("VpcConfig") == nil:
		n.Detail = "outside the VPC"
	case n.ID == "queue" && r.At("RedriveAllowPolicy") != nil:
		n.Detail = "dead letters"
	case n.ID == "database":
		n.Detail = fmt.Sprintf("%v %v", r.At("Engine"), r.At("EngineVersion"))
	}
	if n.Title == "" {
		n.Title = n.ID
		return n, drawn
	}
	// fluxa-events-prod is "events", also after a prefix; a name without the stage stays as it is.
	name, _, _ := strings.Cut(literal(r.At(n.Title)), "-"+r.Stack.Stage) // without the stage the name stays whole
	n.Title = strings.TrimPrefix(strings.TrimPrefix(name, r.Stack.Prefix()), "fluxa-")
	n.ID += " " + n.Title
	return n, drawn
}

// grants draws what a function may do to a box, by the verb of the first action,
// and returns 1 when it may log in to the database, with IAM or by its secret. Receiving from a queue is
// drawn by the mapping. What maintain does when an operator asks is not on the way of an event.
func (g *graph) grants(function string, policy *template.Resource) (readers int) {
	verb := regexp.MustCompile(`:([A-Z][a-z]+)`)
	statements, _ := policy.At("PolicyDocument", "Statement").(template.List) // none: nothing is granted
	for _, s := range statements {
		actions, on := literal(template.At(s, "Action")), template.At(s, "Resource")
		found := verb.FindStringSubmatch(actions)
		switch {
		case strings.HasPrefix(actions, "rds-db:connect"):
			readers = 1
		case template.At(s, "Effect") != "Allow" || found == nil || strings.Contains(actions, "sqs:ReceiveMessage"):
		case strings.HasPrefix(actions, "secretsmanager:GetSecretValue"):
			readers = 1
		case function == "function "+string(contract.FunctionMaintain):
		default:
			g.connect(function, g.box(on), strings.ToLower(found[1]))
		}
	}
	return readers
}

// connect draws an arrow. Of several between the same boxes the first stays.
func (g *graph) connect(from, to, label string) {
	known := func(e edge) bool { return e.from == from && e.to == to }
	if to != "" && !slices.ContainsFunc(g.edges, known) {
		g.edges = append(g.edges, edge{from, to, label})
	}
}

// box is the ID of the box that a value refers to, a function also through its
// alias. Empty when it refers to none.
func (g *graph) box(v template.Value) string {
	for _, ref := range references(v) {
		switch r := g.stage.Resource(ref); {
		case r == nil: // a parameter
		case r.Type == "AWS::Lambda::Alias":
			return g.box(r.At("FunctionName"))
		case r.Type == "AWS::ApiGateway::RestApi":
			return "API"
		default:
			if n, drawn := newNode(r); drawn {
				return n.ID
			}
		}
	}
	return ""
}

func references(v template.Value) (out []template.Reference) {
	template.Visit(v, func(part template.Value) {
		if ref, is := part.(template.Reference); is {
			out = append(out, ref)
		}
	})
	return out
}

// literal is what is known of a text: a name may have the account's number in it.
func literal(v template.Value) (out string) {
	template.Visit(v, func(part template.Value) {
		if s, is := part.(string); is {
			out += s
		}
	})
	return out
}
