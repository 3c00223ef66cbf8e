package contract

// VariableOTLPEndpoint is the environment variable with the address to which
// OpenTelemetry spans are sent; its name is OpenTelemetry's.
const VariableOTLPEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"

// AttributeCorrelation is the attribute of a request's span that has its correlation id.
const AttributeCorrelation = "fluxa.correlation_id"
