package contract

// The operations that operators ask the function maintain for.
const (
	OperationErase        = "erase"         // removes the events of a user
	OperationErasedHashes = "erased-hashes" // says which payloads were erased
)
