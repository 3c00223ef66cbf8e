package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/pkg/fault"
)

// SQLSTATEs, as PostgreSQL's Appendix A names them.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	tooManyConnections   = "53300"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	readOnlyTransaction  = "25006" // of a former writer, after a failover
	invalidPassword      = "28P01"
	invalidAuthorization = "28000" // RDS Proxy's, see passwordRefused

	classConnection = "08"
	classData       = "22"
	classIntegrity  = "23"
	classLimit      = "54"
)

func sqlState(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	return ""
}

func sqlClass(err error) string {
	if state := sqlState(err); len(state) >= 2 {
		return state[:2]
	}
	return ""
}

// lostError says that the connection broke under a statement, the outcome of
// which is thus unknown.
type lostError struct{ cause error }

func (e *lostError) Error() string { return "the connection was lost: " + e.cause.Error() }
func (e *lostError) Unwrap() error { return e.cause }

// connectionLost reports whether a connection, and perhaps its neighbours, is of
// no use any more.
func connectionLost(err error) bool {
	if _, ok := errors.AsType[*lostError](err); ok {
		return true
	}
	switch sqlState(err) {
	case adminShutdown, crashShutdown, readOnlyTransaction:
		return true
	}
	return false
}

// transient reports whether the same statement may succeed in a moment.
func transient(err error) bool {
	if state := sqlState(err); state != "" {
		switch state {
		case serializationFailure, deadlockDetected, tooManyConnections, cannotConnectNow:
			return true
		}
		return sqlClass(err) == classConnection
	}
	_, ok := errors.AsType[*pgconn.ConnectError](err)
	return ok
}

// refusal is a value that the database does not take. The server's own message
// may repeat the value, so this says only where it went.
type refusal struct{ cause *pgconn.PgError }

func (r *refusal) Error() string {
	text := "SQLSTATE " + r.cause.Code
	if r.cause.ConstraintName != "" {
		text += ", constraint " + r.cause.ConstraintName
	}
	if r.cause.ColumnName != "" {
		text += ", column " + r.cause.ColumnName
	}
	return text
}

func (r *refusal) Unwrap() error { return r.cause }

// refused reports whether the server blames a value: trying again cannot help.
func refused(err error) (*refusal, bool) {
	switch sqlClass(err) {
	case classData, classIntegrity, classLimit:
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		return &refusal{pgErr}, ok
	}
	return nil, false
}

// unavailable returns a DatabaseUnavailable fault around an error, nil for nil.
func unavailable(err error, attempted string) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(fault.DatabaseUnavailable, fmt.Errorf("%s: %w", attempted, err), "the database cannot be reached")
}
