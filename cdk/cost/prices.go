// Package cost computes what a stage costs on AWS: what a million events cost, and
// its fixed monthly cost. It multiplies what is written down: the stage's settings
// and templates, a Workload of assumptions, and the prices of prices.yaml.
package cost

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed prices.yaml
var pricesFile []byte

// Price is what AWS asks for: Value dollars for each Per of Unit. Source is the
// page of AWS that decides; Seen is where the value was read when it is Confirmed.
type Price struct {
	Value     float64 `yaml:"value" json:"value"`
	Free      bool    `yaml:"free" json:"free,omitempty"` // that a Value of 0 is meant
	Per       int     `yaml:"per" json:"per"`
	Unit      string  `yaml:"unit" json:"unit"`
	Source    string  `yaml:"source" json:"source"`
	Confirmed bool    `yaml:"confirmed" json:"confirmed"`
	Seen      string  `yaml:"seen" json:"seen,omitempty"`
	Remark    string  `yaml:"remark" json:"remark,omitempty"`
}

// Each returns the dollars for one of Unit, such as a factor of metric math.
func (p Price) Each() float64 { return p.Value / float64(p.Per) }

// Prices has every price that an estimate needs, of one region and one day.
type Prices struct {
	AsOf     string `yaml:"as_of"` // such as 2026-11-24
	Region   string `yaml:"region"`
	Currency string `yaml:"currency"`

	APIGateway struct{ Requests Price } `yaml:"api_gateway"`
	Lambda     struct {
		Requests    Price
		GBSecondARM Price `yaml:"gb_second_arm"`
	}
	SQS  struct{ Requests Price }
	SNS  struct{ Publishes Price }
	S3   struct{ Puts, Gets, Storage, Transitions, Archive Price }
	Logs struct{ Ingestion, Vended, Storage Price }

	CloudWatch struct{ Metrics, Dashboards Price }
	Alarms     struct {
		Standard, Composite Price
		HighResolution      Price `yaml:"high_resolution"`
	}
	XRay           struct{ Traces Price }
	KMS            struct{ Keys, Requests Price }
	SecretsManager struct{ Secrets Price }         `yaml:"secrets_manager"`
	PrivateLink    struct{ Endpoints, Data Price } `yaml:"private_link"`
	RDS            struct {
		Instances               map[string]Price // by class, without its "db."
		Storage, Backups, Proxy Price
		StorageMulti            Price `yaml:"storage_multi"`
	}
	Aurora       struct{ Capacity, Storage, IO, Backups, Proxy Price }
	WAF          struct{ ACLs, Rules, Requests Price }
	DataTransfer struct{ Out, Regions Price } `yaml:"data_transfer"`
	CodeDeploy   struct{ Groups Price }       `yaml:"code_deploy"`
}

// Load returns the prices of prices.yaml. Returns an error that names each unknown,
// missing and unusable field.
func Load() (Prices, error) { return Parse(pricesFile) }

// Parse is Load for the content of another file.
func Parse(raw []byte) (Prices, error) {
	var p Prices
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&p); err != nil {
		return p, fmt.Errorf("prices.yaml: %w", err)
	}
	var errs []error
	require := func(good bool, field, format string, args ...any) {
		if !good {
			errs = append(errs, fmt.Errorf("prices.yaml: %s %s", field, fmt.Sprintf(format, args...)))
		}
	}
	_, err := time.Parse(time.DateOnly, p.AsOf)
	require(err == nil, "as_of", "must be a day such as 2026-11-24, got %q", p.AsOf)
	require(p.Region != "", "region", "is missing: name the region that the prices are of")
	require(p.Currency == "USD", "currency", "must be USD, got %q", p.Currency)
	require(len(p.RDS.Instances) > 0, "rds.instances", "is missing: give a price for each instance class")
	prices := p.all()
	for _, path := range slices.Sorted(maps.Keys(prices)) {
		price := prices[path]
		require(price.Value > 0 && !price.Free || price.Value == 0 && price.Free, path+".value", "must be above 0, or 0 with free: true, got %v", price.Value)
		require(price.Per > 0, path+".per", "must be how many units the value is for, got %d", price.Per)
		require(price.Unit != "", path+".unit", "is missing: say what is counted, such as requests")
		require(strings.HasPrefix(price.Source, "https://aws.amazon.com/"), path+".source", "must be the pricing page on https://aws.amazon.com/, got %q", price.Source)
		require(price.Confirmed == (price.Seen != ""), path+".seen", "must name the page for confirmed: true, and only for it, got %q", price.Seen)
	}
	return p, errors.Join(errs...)
}

// Instance returns the price of an hour of the instance class in one zone. Returns
// an error that names a class without a price.
func (p Prices) Instance(class string) (Price, error) {
	price, known := p.RDS.Instances[class]
	if !known {
		return price, fmt.Errorf("prices.yaml: rds.instances has no %q, only %q: look its price up and add it", class, slices.Sorted(maps.Keys(p.RDS.Instances)))
	}
	return price, nil
}

// all returns every price by its path in the file.
func (p Prices) all() map[string]Price {
	key := func(f reflect.StructField) string { return cmp.Or(f.Tag.Get("yaml"), strings.ToLower(f.Name)) }
	prices := map[string]Price{}
	for group, fields := range reflect.ValueOf(p).Fields() {
		if fields.Kind() != reflect.Struct {
			continue
		}
		for field, value := range fields.Fields() {
			path := key(group) + "." + key(field)
			if price, single := value.Interface().(Price); single {
				prices[path] = price
				continue
			}
			for name, price := range value.Interface().(map[string]Price) {
				prices[path+"."+name] = price
			}
		}
	}
	return prices
}
