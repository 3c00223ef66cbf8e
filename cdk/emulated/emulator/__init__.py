"""moto's server, taught the CloudFormation resource types that Fluxa has."""
