package pgmigrate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	neturl "net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/pkg/contract"
)

// insufficientPrivilege is a SQLSTATE of PostgreSQL's Appendix A.
const insufficientPrivilege = "42501"

// passwords are those that Up gives to the users of a server whose administrator has
// this password, none for none. They are derived from it, so that whoever has the URL
// of the one has those of the others, and nothing needs to keep them.
func passwords(administrator string) map[string]string {
	if administrator == "" {
		return nil
	}
	out := map[string]string{}
	for _, user := range contract.DatabaseUsers() {
		mac := hmac.New(sha256.New, []byte(administrator))
		mac.Write([]byte(user))
		out[user] = hex.EncodeToString(mac.Sum(nil))
	}
	return out
}

// UserURL returns the URL by which one of contract.DatabaseUsers logs in, after Up, on
// the server of the URL that Up was called with. No error shows the password.
func UserURL(url, user string) (string, error) {
	config, err := parse(url)
	if err != nil {
		return "", err
	}
	address, err := neturl.Parse(url)
	if err != nil || address.Scheme == "" {
		return "", errors.New("the database URL must be one such as postgres://user:password@host:5432/name")
	}
	query := address.Query()
	query.Del("user")
	query.Del("password")
	address.RawQuery, address.User = query.Encode(), neturl.User(user)
	if password, ok := passwords(config.Password)[user]; ok {
		address.User = neturl.UserPassword(user, password)
	}
	return address.String(), nil
}

// administer runs a file of statements in a transaction, as the user of the config, with
// the passwords of the users for the file that makes them.
func administer(ctx context.Context, config *pgx.ConnConfig, sql string, passwords map[string]string) (err error) {
	encoded, err := json.Marshal(passwords)
	if err != nil {
		return fmt.Errorf("encode the passwords: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect for the migrations: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var schema *string
		err := tx.QueryRow(ctx, "SELECT current_schema()::text, set_config('fluxa.passwords', $1::text, true)", string(encoded)).Scan(&schema, nil)
		if err == nil && schema == nil {
			err = errNoSchema
		}
		if err == nil {
			_, err = tx.Exec(ctx, sql)
		}
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == insufficientPrivilege {
			return lacks(config.User, err)
		}
		return err
	})
}

// lacks says which rights the user of the migrations needs.
func lacks(user string, err error) error {
	name := pgx.Identifier{user}.Sanitize()
	return fmt.Errorf("%s must be allowed to create roles and to use the schema: ALTER ROLE %s CREATEROLE, and make it the schema's owner, or GRANT USAGE, CREATE ON SCHEMA … TO %s WITH GRANT OPTION: %w",
		user, name, name, err)
}
