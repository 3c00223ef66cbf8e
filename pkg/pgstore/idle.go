package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const usedAt = "fluxa.used_at"

// noteUse keeps the time at which a connection was last used. (The pool's
// AfterRelease is no place for it: with that hook a connection returns to the
// pool late, and the next statement opens another.)
func noteUse(conn *pgx.Conn) {
	conn.PgConn().CustomData()[usedAt] = time.Now()
}

// prove lets a connection that was idle for a while answer a ping before it is
// used; false has the pool make another. A frozen Lambda environment keeps its
// connections, whatever became of the other end: it may have hung up, and it may
// have vanished without a word, which no statement should wait for.
func prove(ctx context.Context, conn *pgx.Conn) (bool, error) {
	last, used := conn.PgConn().CustomData()[usedAt].(time.Time)
	if !used || !idle(last, time.Now()) {
		return true, nil
	}
	pinging, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if conn.Ping(pinging) == nil {
		return true, nil
	}
	return false, ctx.Err()
}

// idle reports whether a connection last used at a time has to prove itself. The
// monotonic clock stands still during a freeze, so the wall clock counts too;
// when that was set back, nothing is known.
func idle(last, now time.Time) bool {
	wall := now.Round(0).Sub(last.Round(0))
	return now.Sub(last) > pingAfter || wall > pingAfter || wall < 0
}

// dismiss bounds the farewell of a connection that is being closed. The driver
// allows it 15 s, in which a silent one would take up a place in the pool.
func dismiss(conn *pgx.Conn) {
	socket := conn.PgConn().Conn()
	time.AfterFunc(farewell, func() {
		_ = socket.Close() // of one that is mostly closed by then
	})
}
