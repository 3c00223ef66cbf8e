package schemaprovider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (s *Server) resource(name string) (kind, error) {
	k, ok := s.catalogue.resources[name]
	if !ok {
		return kind{}, fmt.Errorf("there is no resource type %s in the schema of hashicorp/aws %s", name, Version)
	}
	return k, nil
}

// ValidateResourceConfig checks what the schema cannot say. Terraform has checked
// the schema itself before.
func (s *Server) ValidateResourceConfig(_ context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	answer := &tfprotov6.ValidateResourceConfigResponse{}
	k, err := s.resource(req.TypeName)
	if err != nil {
		answer.Diagnostics = failure("Unknown resource type", err)
		return answer, nil
	}
	answer.Diagnostics = s.validate(k, req.Config)
	return answer, nil
}

// UpgradeResourceState reads a state as the one version of the schema has it.
func (s *Server) UpgradeResourceState(_ context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	answer := &tfprotov6.UpgradeResourceStateResponse{}
	upgraded, err := s.upgrade(req)
	if err != nil {
		answer.Diagnostics = failure("Unreadable state", err)
		return answer, nil
	}
	answer.UpgradedState = upgraded
	return answer, nil
}

func (s *Server) upgrade(req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.DynamicValue, error) {
	k, err := s.resource(req.TypeName)
	if err != nil {
		return nil, err
	}
	if req.Version != k.schema.Version {
		return nil, fmt.Errorf("%s: the state has version %d, the schema has version %d: start with an empty state", k.name, req.Version, k.schema.Version)
	}
	state, err := req.RawState.Unmarshal(k.typ)
	if err != nil {
		return nil, fmt.Errorf("%s: read the state: %w", k.name, err)
	}
	return k.encode(state)
}

// ReadResource finds every resource as it was left.
func (s *Server) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

// PlanResourceChange keeps what is configured and what an earlier apply gave, and
// plans the rest as the server's Computed says. No change replaces a resource.
func (s *Server) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	answer := &tfprotov6.PlanResourceChangeResponse{PlannedPrivate: req.PriorPrivate}
	planned, err := s.plan(req)
	if err != nil {
		answer.Diagnostics = failure("No plan can be made", err)
		return answer, nil
	}
	answer.PlannedState = planned
	return answer, nil
}

func (s *Server) plan(req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.DynamicValue, error) {
	k, err := s.resource(req.TypeName)
	if err != nil {
		return nil, err
	}
	read, err := s.configured()
	if err != nil {
		return nil, err
	}
	proposed, err := k.decode(req.ProposedNewState)
	if err != nil || proposed.IsNull() { // null: to be destroyed
		return req.ProposedNewState, err
	}
	config, err := k.decode(req.Config)
	if err != nil {
		return nil, err
	}
	planned, err := leaveOpen(k.schema.Block, proposed)
	if err != nil {
		return nil, err
	}
	if planned, err = read.settle(k, config, planned); err != nil {
		return nil, err
	}
	if s.computed == Placeholder && config.IsFullyKnown() {
		if planned, err = s.fill(k, read, config, planned); err != nil {
			return nil, err
		}
	}
	return k.encode(planned)
}

func (s *Server) fill(k kind, read settings, config, value tftypes.Value) (tftypes.Value, error) {
	p, err := read.placeholders(k, s.rules, config)
	if err != nil {
		return value, err
	}
	return p.resolve(value, "")
}

// ApplyResourceChange makes the planned state the new one, each unknown in it
// replaced by its placeholder.
func (s *Server) ApplyResourceChange(_ context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	answer := &tfprotov6.ApplyResourceChangeResponse{Private: req.PlannedPrivate, NewState: req.PriorState}
	applied, err := s.apply(req)
	if err != nil {
		answer.Diagnostics = failure("The change cannot be applied", err)
		return answer, nil
	}
	answer.NewState = applied
	return answer, nil
}

func (s *Server) apply(req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.DynamicValue, error) {
	k, err := s.resource(req.TypeName)
	if err != nil {
		return nil, err
	}
	read, err := s.configured()
	if err != nil {
		return nil, err
	}
	planned, err := k.decode(req.PlannedState)
	if err != nil || planned.IsNull() { // null: destroyed
		return req.PlannedState, err
	}
	config, err := k.decode(req.Config)
	if err != nil {
		return nil, err
	}
	applied, err := s.fill(k, read, config, planned)
	if err != nil {
		return nil, err
	}
	return k.encode(applied)
}
