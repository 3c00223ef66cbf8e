package schemaprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (s *Server) dataSource(name string) (kind, error) {
	k, ok := s.catalogue.data[name]
	if !ok {
		return kind{}, fmt.Errorf("there is no data source %s in the schema of hashicorp/aws %s", name, Version)
	}
	return k, nil
}

// ValidateDataResourceConfig checks what the schema cannot say.
func (s *Server) ValidateDataResourceConfig(_ context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	answer := &tfprotov6.ValidateDataResourceConfigResponse{}
	k, err := s.dataSource(req.TypeName)
	if err != nil {
		answer.Diagnostics = failure("Unknown data source", err)
		return answer, nil
	}
	answer.Diagnostics = s.validate(k, req.Config)
	return answer, nil
}

// ReadDataSource answers from the provider's settings and the configuration: a
// policy document is rendered, the account, the region, the partition and the
// zones are of a usual form, and everything else is a placeholder.
func (s *Server) ReadDataSource(_ context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	answer := &tfprotov6.ReadDataSourceResponse{}
	state, err := s.read(req)
	if err != nil {
		answer.Diagnostics = failure("The data source cannot be read", err)
		return answer, nil
	}
	answer.State = state
	return answer, nil
}

func (s *Server) read(req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.DynamicValue, error) {
	k, err := s.dataSource(req.TypeName)
	if err != nil {
		return nil, err
	}
	read, err := s.configured()
	if err != nil {
		return nil, err
	}
	config, err := k.decode(req.Config)
	if err != nil {
		return nil, err
	}
	facts, err := read.facts(k, config)
	if err != nil {
		return nil, err
	}
	state, err := leaveOpen(k.schema.Block, config)
	if err != nil {
		return nil, err
	}
	if state, err = read.settle(k, config, state); err != nil {
		return nil, err
	}
	state, err = rebuild(state, func(name string, part tftypes.Value) (tftypes.Value, error) {
		if fact, ok := facts[name]; ok && !part.IsKnown() {
			return fact, nil
		}
		return part, nil
	})
	if err != nil {
		return nil, err
	}
	if state, err = s.fill(k, read, config, state); err != nil {
		return nil, err
	}
	return k.encode(state)
}
