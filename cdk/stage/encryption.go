package stage

// Encryption says whose key encrypts what the stage stores: AWS's own keys, or with
// CustomerKey a KMS key of the stage's own for payloads, queues and logs. Database has it
// encrypt the database, its backups and the administrator's secret, too: a database keeps
// the key that it was made with. The topics always have a key of the stage.
type Encryption struct {
	CustomerKey bool `yaml:"customer_key"`
	Database    bool `yaml:"database"`
}

func (e Encryption) check(l *faultList) {
	l.require(e.CustomerKey || !e.Database, "encryption.database", "must be false without encryption.customer_key: there is no key")
}
