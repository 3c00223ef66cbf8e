// Package emulated deploys dev and prod to an emulated AWS and reads everything
// back: `make deployment-test`, or go test ./cdk/emulated after `make setup`.
//
// The emulator is moto's server, taught in emulator/ what moto's CloudFormation
// lacks: there, resources are made by moto's own AWS API, so that what the tests
// read is what that API keeps. The real CDK command line bootstraps and deploys;
// then every property of every template is compared with what AWS says of the
// resource, and what the product promises with the constants of its code. What
// moto cannot keep is in excluded.yaml and nowhere else; the tests hold that list
// exact both ways, so that it shrinks when moto learns.
//
// Nothing here reaches AWS: the commands run without any AWS setting of the caller.
package emulated
