package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/proof/rig"
)

const waitsAndStores = "accepted all the while; stored when the database is back"

// databaseFaults are those of the server and of the way to it.
func databaseFaults() []Scenario {
	return []Scenario{
		{
			Name: "postgres-killed", Fault: "every process of PostgreSQL is killed by SIGKILL, and started again 5 s later",
			Expected: waitsAndStores, For: 5 * time.Second, Short: true,
			Break: func(_ context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return r.Database.Restart, r.Database.Kill()
			},
		},
		{
			Name: "postgres-down", Fault: "every connection to PostgreSQL is closed, and none taken",
			Expected: waitsAndStores, For: time.Minute,
			Break: func(_ context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				r.Database.Cut()
				return func(context.Context) error { return r.Database.Mend() }, nil
			},
		},
		{
			Name: "postgres-suspended", Fault: "every process of PostgreSQL is halted by SIGSTOP",
			Expected: waitsAndStores, For: 20 * time.Second,
			Break: func(_ context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return func(context.Context) error { return r.Database.Resume() }, r.Database.Suspend()
			},
		},
		toxic("postgres-resets", "connections are reset when the server answers: statements run, and their answers are lost",
			"reset_peer", map[string]int{"timeout": 0}),
		toxic("postgres-slow", "each answer of the server is late by 500 ms", "latency", map[string]int{"latency": 500}),
		{
			Name: "postgres-connections-exhausted", Fault: "the product's connections are ended, and others hold all that the server gives",
			Expected: waitsAndStores, For: 15 * time.Second,
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				release, err := r.Database.Exhaust(ctx)
				if err != nil {
					return nil, err
				}
				if err := r.Database.Exec(ctx, endProduct); err != nil {
					return nil, errors.Join(err, release())
				}
				more, err := r.Database.Exhaust(ctx)
				return func(context.Context) error { return errors.Join(more(), release()) }, err
			},
		},
		{
			Name: "postgres-disk-full", Fault: "no file of the database may grow (RLIMIT_FSIZE: the server gets EFBIG where a full disk gives ENOSPC)",
			Expected: waitsAndStores, For: 20 * time.Second,
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				if err := r.Database.Fill(ctx); err != nil {
					return nil, err
				}
				return func(context.Context) error { return r.Database.Unlimit() }, nil
			},
		},
	}
}

func toxic(name, fault, kind string, attributes map[string]int) Scenario {
	return Scenario{
		Name: name, Fault: fault, Expected: "accepted all the while; stored, once, sooner or later", For: 20 * time.Second,
		Break: func(_ context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
			return func(ctx context.Context) error { r.Database.Clean(ctx); return nil }, r.Database.Toxic(kind, attributes)
		},
	}
}

// endProduct ends every session of the product's users.
const endProduct = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'fluxa\_%'`

// sessionFaults are those that statements meet on a server that works.
func sessionFaults() []Scenario {
	return []Scenario{
		failing("postgres-deadlock", "half of the statements that write a key are chosen as the victim of a deadlock (SQLSTATE 40P01, by a trigger)", "40P01"),
		failing("postgres-serialization", "half of the statements that write a key fail to serialize (SQLSTATE 40001, by a trigger)", "40001"),
		{
			Name: "postgres-read-only", Fault: "transactions are read-only", Expected: waitsAndStores, For: 20 * time.Second,
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return statements(r, `ALTER SYSTEM RESET default_transaction_read_only`, `SELECT pg_reload_conf()`),
					r.Database.Exec(ctx, `ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`)
			},
		},
		{
			Name: "postgres-tables-locked", Fault: "another session holds the strongest lock on both tables", Expected: waitsAndStores, For: 15 * time.Second,
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return locked(ctx, r, `LOCK TABLE events, idempotency_keys IN ACCESS EXCLUSIVE MODE`)
			},
		},
		{
			Name: "postgres-password", Fault: "the processor's password is another one, and its sessions are ended; then it is what it was",
			Expected: waitsAndStores, For: 20 * time.Second,
			Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				user := contract.DatabaseUser(contract.FunctionProcessor)
				right, err := passwordOf(r.Database.URL(), user)
				if err != nil {
					return nil, err
				}
				return statements(r, fmt.Sprintf(`ALTER ROLE %s PASSWORD '%s'`, user, right)),
					r.Database.Exec(ctx, fmt.Sprintf(`ALTER ROLE %s PASSWORD 'another'`, user), endProduct)
			},
		},
	}
}

// passwordOf is the one that the product derives for a user.
func passwordOf(address, user string) (string, error) {
	derived, err := pgmigrate.UserURL(address, user)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(derived)
	if err != nil {
		return "", fmt.Errorf("read the URL of the user %s", user) // the cause repeats the password
	}
	password, _ := u.User.Password()
	return password, nil
}

func statements(r *rig.Rig, all ...string) Mend {
	return func(ctx context.Context) error { return r.Database.Exec(ctx, all...) }
}

// failing has half of the inserts of keys fail by a SQLSTATE.
func failing(name, fault, state string) Scenario {
	return Scenario{
		Name: name, Fault: fault, Expected: "accepted all the while; stored, once, sooner or later", For: 15 * time.Second,
		Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
			return statements(r, `DROP TRIGGER proof ON idempotency_keys`, `DROP FUNCTION proof()`),
				r.Database.Exec(ctx, fmt.Sprintf(`CREATE FUNCTION proof() RETURNS trigger LANGUAGE plpgsql AS $$
					BEGIN
						IF random() < 0.5 THEN RAISE EXCEPTION 'broken on purpose' USING ERRCODE = '%s'; END IF;
						RETURN NULL;
					END $$`, state),
					`CREATE TRIGGER proof BEFORE INSERT ON idempotency_keys FOR EACH STATEMENT EXECUTE FUNCTION proof()`)
		},
	}
}

// locked holds a lock in a transaction of its own until it is mended.
func locked(ctx context.Context, r *rig.Rig, lock string) (Mend, error) {
	c, err := r.Database.Connect(ctx)
	if err != nil {
		return nil, err
	}
	release := func(ctx context.Context) error {
		if err := c.Close(ctx); err != nil {
			return fmt.Errorf("let go of the lock: %w", err)
		}
		return nil
	}
	if _, err := c.Exec(ctx, "BEGIN; "+lock); err != nil {
		return nil, errors.Join(fmt.Errorf("take the lock: %w", err), release(ctx))
	}
	return release, nil
}
