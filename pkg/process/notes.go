package process

import "sync"

// notes are the batches that were announced and that the database does not know of
// yet. They travel with the next batch. The zero value is ready.
type notes struct {
	mu      sync.Mutex
	batches []BatchID
}

// take returns them all; whoever takes them and fails to write them gives them back.
func (n *notes) take() []BatchID {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := n.batches
	n.batches = nil
	return taken
}

func (n *notes) add(batches ...BatchID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.batches = append(n.batches, batches...)
}
