package schemaprovider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Server answers Terraform for the provider hashicorp/aws, of which it has the
// schema only. It keeps nothing but the region, and may be called concurrently.
//
// The embedded interface is nil. It stands for what no schema can answer and no
// configuration of the export asks for, such as imports, moves and ephemeral
// resources: the provider's process ends when it is called.
type Server struct {
	tfprotov6.ProviderServer
	computed  Computed
	catalogue catalogue
	rules     rules
	region    atomic.Pointer[string] // nil until Terraform configures the provider
}

// NewServer returns a server with the schema of Version.
func NewServer(computed Computed) (*Server, error) {
	c, err := loadCatalogue(schemaFile)
	if err != nil {
		return nil, err
	}
	r, err := loadRules(rulesFile)
	if err != nil {
		return nil, err
	}
	return &Server{computed: computed, catalogue: c, rules: r}, nil
}

func capabilities() *tfprotov6.ServerCapabilities {
	return &tfprotov6.ServerCapabilities{GetProviderSchemaOptional: true}
}

// GetMetadata lists the types.
func (s *Server) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	answer := &tfprotov6.GetMetadataResponse{ServerCapabilities: capabilities()}
	for _, name := range slices.Sorted(maps.Keys(s.catalogue.resources)) {
		answer.Resources = append(answer.Resources, tfprotov6.ResourceMetadata{TypeName: name})
	}
	for _, name := range slices.Sorted(maps.Keys(s.catalogue.data)) {
		answer.DataSources = append(answer.DataSources, tfprotov6.DataSourceMetadata{TypeName: name})
	}
	return answer, nil
}

// GetProviderSchema returns the schema of every type.
func (s *Server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	answer := &tfprotov6.GetProviderSchemaResponse{
		ServerCapabilities: capabilities(),
		Provider:           s.catalogue.provider.schema,
		ResourceSchemas:    map[string]*tfprotov6.Schema{},
		DataSourceSchemas:  map[string]*tfprotov6.Schema{},
	}
	for name, k := range s.catalogue.resources {
		answer.ResourceSchemas[name] = k.schema
	}
	for name, k := range s.catalogue.data {
		answer.DataSourceSchemas[name] = k.schema
	}
	return answer, nil
}

// GetResourceIdentitySchemas returns none: no type can be imported.
func (s *Server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

// ValidateProviderConfig accepts whatever the schema accepts.
func (s *Server) ValidateProviderConfig(_ context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: req.Config}, nil
}

// ConfigureProvider takes the region. It reads no variable of the environment, so
// that a plan is the same on every machine: the region must stand in the provider
// block.
func (s *Server) ConfigureProvider(_ context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	config, err := s.catalogue.provider.decode(req.Config)
	if err != nil {
		return nil, err
	}
	region := field(config, "region")
	if region == "" {
		return nil, errors.New("region must be set in the provider block and known before the apply: the environment is not read")
	}
	s.region.Store(&region)
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

// StopProvider has nothing to stop.
func (s *Server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

// ValidateResourceConfig checks what the schema cannot say. Terraform has checked
// the schema itself before.
func (s *Server) ValidateResourceConfig(_ context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	found, err := s.rules.check(s.catalogue.resources[req.TypeName], req.Config)
	return &tfprotov6.ValidateResourceConfigResponse{Diagnostics: found}, err
}

// ValidateDataResourceConfig does the same for a data source.
func (s *Server) ValidateDataResourceConfig(_ context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	found, err := s.rules.check(s.catalogue.data[req.TypeName], req.Config)
	return &tfprotov6.ValidateDataResourceConfigResponse{Diagnostics: found}, err
}

// UpgradeResourceState reads a state as the one version of the schema has it.
func (s *Server) UpgradeResourceState(_ context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	k := s.catalogue.resources[req.TypeName]
	state, err := req.RawState.Unmarshal(k.typ)
	if err != nil {
		return nil, fmt.Errorf("%s: read the state: %w", k.name, err)
	}
	upgraded, err := k.encode(state)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: upgraded}, err
}

// ReadResource finds every resource as it was left.
func (s *Server) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

// PlanResourceChange keeps what is configured and what an earlier apply gave, and
// plans the rest as the server's Computed says. No change replaces a resource.
func (s *Server) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	planned, err := s.change(req.TypeName, req.Config, req.ProposedNewState, func(k kind, config, proposed tftypes.Value) (tftypes.Value, error) {
		planned, err := leaveOpen(k, proposed)
		if err != nil || s.computed != Placeholder || !config.IsFullyKnown() {
			return planned, err
		}
		return s.fill(k, config, planned, nil, flag)
	})
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: planned, PlannedPrivate: req.PriorPrivate}, err
}

// ApplyResourceChange makes the planned state the new one, each unknown in it
// replaced by its placeholder.
func (s *Server) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	applied, err := s.change(req.TypeName, req.Config, req.PlannedState, func(k kind, config, planned tftypes.Value) (tftypes.Value, error) {
		return s.fill(k, config, planned, nil, none)
	})
	return &tfprotov6.ApplyResourceChangeResponse{NewState: applied, Private: req.PlannedPrivate}, err
}

// change computes a state of a resource from another one, which is null for a
// resource that goes.
func (s *Server) change(name string, configured, from *tfprotov6.DynamicValue, compute func(k kind, config, from tftypes.Value) (tftypes.Value, error)) (*tfprotov6.DynamicValue, error) {
	k := s.catalogue.resources[name]
	before, err := k.decode(from)
	if err != nil || before.IsNull() {
		return from, err
	}
	config, err := k.decode(configured)
	if err != nil {
		return nil, err
	}
	after, err := compute(k, config, before)
	if err != nil {
		return nil, err
	}
	return k.encode(after)
}

// ReadDataSource answers from the region and the configuration: the account, the
// region, the partition and the zones are of a usual form, and everything else is a
// placeholder.
func (s *Server) ReadDataSource(_ context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	k := s.catalogue.data[req.TypeName]
	config, err := k.decode(req.Config)
	if err != nil {
		return nil, err
	}
	state, err := leaveOpen(k, config)
	if err != nil {
		return nil, err
	}
	if state, err = s.fill(k, config, state, facts(k.name, *s.region.Load()), none); err != nil {
		return nil, err
	}
	answer, err := k.encode(state)
	return &tfprotov6.ReadDataSourceResponse{State: answer}, err
}
