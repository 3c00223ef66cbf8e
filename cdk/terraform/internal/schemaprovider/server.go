package schemaprovider

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var _ tfprotov6.ProviderServer = (*Server)(nil)

// Server answers Terraform for the provider hashicorp/aws, of which it has the
// schema only. It keeps nothing but what the provider block said, and may be
// called concurrently.
type Server struct {
	computed  Computed
	catalogue catalogue
	rules     rules
	settings  atomic.Pointer[settings] // nil until Terraform configures the provider
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

// ConfigureProvider takes the region and the default tags. It reads no variable of
// the environment, so that a plan is the same on every machine: the region must
// stand in the provider block.
func (s *Server) ConfigureProvider(_ context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	answer := &tfprotov6.ConfigureProviderResponse{}
	config, err := s.catalogue.provider.decode(req.Config)
	if err != nil {
		answer.Diagnostics = failure("Unreadable provider configuration", err)
		return answer, nil
	}
	read, err := settingsIn(config)
	if err != nil {
		answer.Diagnostics = failure("Invalid provider configuration", err)
		return answer, nil
	}
	s.settings.Store(&read)
	return answer, nil
}

func settingsIn(config tftypes.Value) (settings, error) {
	none := tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, nil)
	block, err := partsOf(config)
	if err != nil {
		return settings{}, err
	}
	region, ok := textOf(block.fields["region"])
	if !ok {
		return settings{}, errors.New("region must be set in the provider block and known before the apply: the environment is not read")
	}
	read := settings{region: region, defaultTags: none}
	if blocks := block.fields["default_tags"]; blocks.IsKnown() && !blocks.IsNull() {
		list, err := partsOf(blocks)
		if err != nil || len(list.items) == 0 {
			return read, err
		}
		first, err := partsOf(list.items[0])
		if err != nil {
			return read, err
		}
		read.defaultTags = first.fields["tags"]
	}
	return read, nil
}

// configured returns the settings, or an error while there are none.
func (s *Server) configured() (settings, error) {
	read := s.settings.Load()
	if read == nil {
		return settings{}, errors.New("the provider was not configured before it was used")
	}
	return *read, nil
}

// StopProvider has nothing to stop.
func (s *Server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func failure(summary string, err error) []*tfprotov6.Diagnostic {
	return []*tfprotov6.Diagnostic{{
		Severity: tfprotov6.DiagnosticSeverityError, Summary: summary, Detail: err.Error(),
	}}
}
