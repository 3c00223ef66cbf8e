package schemaprovider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// What follows cannot be answered from a schema. Terraform asks for it only where
// a configuration imports or moves resources, or uses what the schema does not
// have: functions and ephemeral resources.

func refused(what string) []*tfprotov6.Diagnostic {
	return failure("Not supported", errors.New(what+" is not supported by the schema-only provider of "+Address+": it reaches no AWS account"))
}

// ImportResourceState refuses: there is nothing to import.
func (s *Server) ImportResourceState(context.Context, *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return &tfprotov6.ImportResourceStateResponse{Diagnostics: refused("an import")}, nil
}

// MoveResourceState refuses a move from one type to another.
func (s *Server) MoveResourceState(context.Context, *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return &tfprotov6.MoveResourceStateResponse{Diagnostics: refused("a move between types")}, nil
}

// UpgradeResourceIdentity refuses: there are no identities.
func (s *Server) UpgradeResourceIdentity(context.Context, *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return &tfprotov6.UpgradeResourceIdentityResponse{Diagnostics: refused("a resource identity")}, nil
}

// GenerateResourceConfig refuses: there is nothing to generate from.
func (s *Server) GenerateResourceConfig(context.Context, *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return &tfprotov6.GenerateResourceConfigResponse{Diagnostics: refused("the generation of a configuration")}, nil
}

// GetFunctions returns none.
func (s *Server) GetFunctions(context.Context, *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return &tfprotov6.GetFunctionsResponse{}, nil
}

// CallFunction refuses: there are no functions.
func (s *Server) CallFunction(_ context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return &tfprotov6.CallFunctionResponse{Error: &tfprotov6.FunctionError{
		Text: "the function " + req.Name + " is not supported by the schema-only provider of " + Address,
	}}, nil
}

// ValidateEphemeralResourceConfig refuses: there are no ephemeral resources.
func (s *Server) ValidateEphemeralResourceConfig(context.Context, *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return &tfprotov6.ValidateEphemeralResourceConfigResponse{Diagnostics: refused("an ephemeral resource")}, nil
}

// OpenEphemeralResource refuses: there are no ephemeral resources.
func (s *Server) OpenEphemeralResource(context.Context, *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return &tfprotov6.OpenEphemeralResourceResponse{Diagnostics: refused("an ephemeral resource")}, nil
}

// RenewEphemeralResource refuses: there are no ephemeral resources.
func (s *Server) RenewEphemeralResource(context.Context, *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return &tfprotov6.RenewEphemeralResourceResponse{Diagnostics: refused("an ephemeral resource")}, nil
}

// CloseEphemeralResource refuses: there are no ephemeral resources.
func (s *Server) CloseEphemeralResource(context.Context, *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return &tfprotov6.CloseEphemeralResourceResponse{Diagnostics: refused("an ephemeral resource")}, nil
}
