package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// argument is a value and its type in PostgreSQL.
type argument struct {
	oid   uint32
	value any
}

// size is about what the value takes in the binary format, so that a buffer for it need
// not grow.
func (a argument) size() int {
	const head, each = 20, 12 // of an array, and of each element with a value of fixed length
	switch v := a.value.(type) {
	case []string:
		return head + sum(v)
	case [][]byte:
		return head + sum(v)
	case []time.Time:
		return head + each*len(v)
	case []int64:
		return head + each*len(v)
	case []int32:
		return head + each*len(v)
	}
	return head
}

func sum[T string | []byte](values []T) (n int) {
	for _, v := range values {
		n += 4 + len(v)
	}
	return n
}

// binaryQuery runs a statement in one round trip, with arguments and results in
// PostgreSQL's binary format, scans each row into targets, and then calls row. Like
// pgx's mode without prepared statements it leaves nothing in the session; that mode
// sends text, though, in which the client escapes every quote of an array of JSON
// texts and the server reads them one by one.
func (s *Store) binaryQuery(ctx context.Context, conn *pgx.Conn, sql string, args []argument, targets []any, row func() error) (err error) {
	values, types := make([][]byte, len(args)), make([]uint32, len(args))
	for i, arg := range args {
		types[i] = arg.oid
		if values[i], err = conn.TypeMap().Encode(arg.oid, pgtype.BinaryFormatCode, arg.value, make([]byte, 0, arg.size())); err != nil {
			return fmt.Errorf("encode argument %d: %w", i+1, err)
		}
	}
	if s.tracer != nil {
		ctx = s.tracer.TraceQueryStart(ctx, conn, pgx.TraceQueryStartData{SQL: sql})
		defer func() { s.tracer.TraceQueryEnd(ctx, conn, pgx.TraceQueryEndData{Err: err}) }()
	}
	formats := []int16{pgtype.BinaryFormatCode}
	result := conn.PgConn().ExecParams(ctx, sql, values, types, formats, formats)
	_, err = pgx.ForEachRow(pgx.RowsFromResultReader(conn.TypeMap(), result), targets, row)
	return err
}
