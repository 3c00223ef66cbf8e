package contract

// The operations that operators ask the function maintain for.
const (
	OperationErase        = "erase"         // removes the events of a user
	OperationErasedHashes = "erased-hashes" // says which payloads were erased
	OperationReplay       = "replay"        // announces events again, or sends them through the queue again
	OperationAudit        = "audit"         // compares payloads with their hashes
	OperationExport       = "export"        // writes events to files in the bucket
)
