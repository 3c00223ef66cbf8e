package terraform

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	settings "github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
)

// otherWords are the variables that are not called as a setting of the stage, each
// with the reason.
func otherWords() map[string]string {
	return map[string]string{
		"environment":                      "the name of the stage's file",
		"network_own":                      "network.vpc.id, as a yes or no: none",
		"retain_data":                      "removal, as a yes or no",
		"database_delete_backups":          "follows from removal",
		"database_instance":                "database.engine, as a yes or no",
		"database_cluster":                 "database.engine, as a yes or no",
		"database_reader_tier":             "follows from database.multi_az",
		"database_cluster_insights":        "follows from database.minimum_acu",
		"traces_processor":                 "traces.requests_only, the other way round",
		"database_connections":             "what AWS allows to the instance class",
		"api_key":                          "api.authorization, as a yes or no",
		"api_general_key":                  "api.authorization without api.clients, as a yes or no",
		"api_domain":                       "api.domain, as a yes or no",
		"api_jwt":                          "api.authorization, as a yes or no",
		"otlp_port":                        "the port of otlp.endpoint",
		"database_credits":                 "follows from database.instance_class",
		"payloads_days":                    "36 days more than events.retention_days",
		"alarms_proxy_connections_percent": "alarms.database_connections_percent, of the proxy",
	}
}

// TestVariables_are_called_as_the_settings: whoever knows a stage's file knows what
// the variables of the Terraform mean.
func TestVariables_are_called_as_the_settings(t *testing.T) {
	words, other := settingWords(reflect.TypeFor[settings.Stage](), ""), otherWords()
	for _, v := range catalog.New().Variables {
		if catalog.ZipFunction(v.Name) != "" {
			continue
		}
		_, is := other[v.Name]
		if named := slices.Contains(words, v.Name); !named && !is {
			t.Errorf("the variable %s is called as no setting: %s", v.Name, strings.Join(words, ", "))
		} else if named && is {
			t.Errorf("the variable %s is called as a setting, and listed as another", v.Name)
		}
		delete(other, v.Name)
	}
	for name := range other {
		t.Errorf("there is no variable %s", name)
	}
}

// settingWords are the paths of all settings, such as alarms_dlq_depth.
func settingWords(of reflect.Type, before string) []string {
	var out []string
	for field := range of.Fields() {
		name, inline := strings.CutSuffix(field.Tag.Get("yaml"), ",inline")
		switch {
		case name == "-":
		case field.Type.Kind() == reflect.Struct && inline:
			out = append(out, settingWords(field.Type, before)...)
		case field.Type.Kind() == reflect.Struct:
			out = append(out, settingWords(field.Type, before+name+"_")...)
		default:
			out = append(out, before+name)
		}
	}
	return out
}
