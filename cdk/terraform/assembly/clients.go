package assembly

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/pkg/config"
)

// owned is a resource of a client.
type owned struct {
	each        *catalog.Each
	client, key string // the latter empty for what a client has one of
}

// instance is the key in the resource's for_each.
func (o owned) instance() string {
	if o.key == "" {
		return o.client
	}
	return o.client + "-" + o.key
}

// clients brings together the resources of each client, of which every stage may have
// others: in place of the names and numbers of one they have those of each, and the
// stage has them all in Clients. What the functions are told of them stays as it is.
// Returns an error for what is not the same in each.
func (r *reader) clients(stage *Stage) error {
	stage.Clients = template.Object{}
	resources := map[string]owned{} // by key
	for _, one := range stage.Resources {
		each, client, key := r.catalog.EachOf(strings.TrimPrefix(one.Source.Path, stage.Name+"/"))
		if each != nil {
			resources[one.Key] = owned{each, client, key}
		}
	}
	if err := r.readClients(stage, resources); err != nil {
		return err
	}
	for _, one := range stage.Resources {
		own, is := resources[one.Key]
		if is {
			if err := r.generalize(one, own); err != nil {
				return fmt.Errorf("%s: %w", one.Source.ID, err)
			}
			one.Key, one.Each = own.each.Key, own.instance()
			stage.HasKeys = stage.HasKeys || own.key != ""
		}
		one.Properties = template.Rewrite(one.Properties, reference(resources, own)).(template.Object)
		for i, key := range one.DependsOn {
			if other, is := resources[key]; is {
				one.DependsOn[i] = other.each.Key
			}
		}
	}
	for i, o := range stage.Outputs {
		if o.Name == "ApiKeyIds" {
			stage.Outputs[i].Value = catalog.KeyIDs(ClientKeyID)
		}
	}
	return nil
}

// ClientKeyID refers to the id of a client's key.
func ClientKeyID(which hcl.Value) hcl.Value {
	return Member{template.Reference{Resource: catalog.ClientKey, Attribute: "Ref"}, which}
}

// reference replaces references to what belongs to a client by those of one of its
// resources to another.
func reference(resources map[string]owned, from owned) func(template.Value) template.Value {
	return func(v template.Value) template.Value {
		to, is := v.(template.Reference)
		other, belongs := resources[to.Resource]
		if !is || !belongs {
			return v
		}
		which := catalog.EachKey()
		if other.key == "" {
			which = catalog.EachValue()
		}
		if other.client != from.client || other.key != "" && other.key != from.key {
			return v // which no stack has any more: an error of the linker
		}
		return Member{template.Reference{Resource: other.each.Key, Attribute: to.Attribute}, which}
	}
}

// readClients reads the clients from what the functions are told of them, and from
// their resources.
func (r *reader) readClients(stage *Stage, resources map[string]owned) error {
	for _, one := range stage.Resources {
		variables, _ := one.Source.At("Environment", "Variables").(template.Object)
		if variables[config.EnvClients] == nil {
			continue
		}
		told, err := catalog.Document(variables[config.EnvClients])
		if err != nil {
			return fmt.Errorf("%s: %s: %w", one.Source.ID, config.EnvClients, err)
		}
		clients, _ := told.(template.Object)
		read := template.Object{}
		for name, client := range clients {
			read[name] = settings(client)
		}
		if len(stage.Clients) > 0 && !template.Equal(stage.Clients, read) {
			return fmt.Errorf("%s is told of other clients than another function", one.Source.ID)
		}
		stage.Clients = read
	}
	for _, one := range stage.Resources {
		own, is := resources[one.Key]
		client, known := stage.Clients[own.client].(template.Object)
		switch {
		case !is:
		case !known:
			return fmt.Errorf("%s is of the client %s, of whom no function is told", one.Source.ID, own.client)
		case own.each.Key == catalog.ClientKey:
			client["keys"] = append(client["keys"].(template.List), own.key)
		case own.each.Key == catalog.ClientPlan:
			throttle, _ := one.Properties["Throttle"].(template.Object)
			client["rate_per_second"], client["burst"] = throttle["RateLimit"], throttle["BurstLimit"]
		}
	}
	for _, value := range stage.Clients {
		keys := value.(template.Object)["keys"].(template.List)
		slices.SortFunc(keys, func(a, b template.Value) int { return strings.Compare(a.(string), b.(string)) })
	}
	return nil
}

// settings are those of a client of which the functions are told: those of its plan and
// its keys are added to them.
func settings(told template.Value) template.Object {
	out := template.Object{
		"rate_per_second": hcl.Number(0), "burst": hcl.Number(0), "keys": template.List{}, "reads": template.At(told, "reads"), "caller": "",
	}
	callers, _ := template.At(told, "callers").(template.List)
	for _, caller := range callers {
		if literal, is := caller.(string); is {
			out["caller"] = literal
		}
	}
	return out
}

// generalize puts what each client has in the place of what this one has.
func (r *reader) generalize(one *Resource, own owned) error {
	properties := one.Properties
	name := map[string]string{catalog.ClientKey: "Name", catalog.ClientPlan: "UsagePlanName"}[own.each.Key]
	if name == "" {
		return nil
	}
	want := r.naming.in(r.source.Prefix() + "fluxa-" + own.instance() + "-" + r.source.Name)
	if !template.Equal(properties[name], want) {
		return fmt.Errorf("%s must be %s, got %s", name, hcl.Source(want), hcl.Source(properties[name]))
	}
	properties[name] = template.Join(hcl.Variable("name_prefix"), "fluxa-", catalog.EachKey(), "-", hcl.Variable("environment"))
	if throttle, is := properties["Throttle"].(template.Object); is {
		throttle["RateLimit"] = hcl.Attribute{Of: catalog.EachValue(), Name: "rate_per_second"}
		throttle["BurstLimit"] = hcl.Attribute{Of: catalog.EachValue(), Name: "burst"}
	}
	return nil
}
