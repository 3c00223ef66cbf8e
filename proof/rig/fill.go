package rig

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// The files of the write-ahead log have 16 MiB and are made whole, so that a limit above
// that meets the tables alone. Rows that are rolled back fill a table up to it.
const (
	walFile = 16 << 20
	filler  = `BEGIN;
INSERT INTO idempotency_keys (event_id, attempts, status, payload_sha256)
SELECT 'filler-' || n, 1, 'processing', sha256(n::text::bytea) FROM generate_series(1, 150000) AS n;
ROLLBACK`
)

// Fill has the table of the keys grow no further than it is, until Unlimit: the server's
// processes may write no file beyond a limit. It needs no root, as a small file system
// would. Autovacuum would make room, and is switched off for the table.
func (d *Database) Fill(ctx context.Context) error {
	if err := d.Exec(ctx, `ALTER TABLE idempotency_keys SET (autovacuum_enabled = off)`, filler); err != nil {
		return fmt.Errorf("fill the table of the keys: %w", err)
	}
	c, err := d.Connect(ctx)
	if err != nil {
		return err
	}
	var size int64
	err = c.QueryRow(ctx, `SELECT pg_relation_size('idempotency_keys')`).Scan(&size)
	if err = errors.Join(err, c.Close(ctx)); err != nil {
		return fmt.Errorf("ask for the size of the keys: %w", err)
	}
	if size <= walFile {
		return fmt.Errorf("the table of the keys has %d bytes, want more than the %d of a file of the write-ahead log", size, walFile)
	}
	return d.limit(uint64(size))
}

// Unlimit lets files grow again.
func (d *Database) Unlimit() error { return d.limit(unix.RLIM_INFINITY) }

// limit sets RLIMIT_FSIZE of the server's processes; those it starts inherit it.
func (d *Database) limit(bytes uint64) error {
	pids, err := d.pids()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := Limit(pid, unix.RLIMIT_FSIZE, bytes); err != nil {
			return fmt.Errorf("limit the files of PostgreSQL to %d bytes: %w", bytes, err)
		}
	}
	return nil
}
