package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/fluxa/fluxa/pkg/contract"
)

// statusPage is a page of what is not finished, as the API writes it.
type statusPage struct {
	Statuses   []json.RawMessage `json:"statuses"`
	NextCursor string            `json:"next_cursor"`
}

// Unfinished returns what is in a state, contract.StatusFailed or StatusProcessing, one
// after the other, newest first by when the processor saw it first. UserID of r is not
// used; From and To bound that time. An error ends it.
func (c *Client) Unfinished(ctx context.Context, state string, r PageRequest) iter.Seq2[Status, error] {
	return func(yield func(Status, error) bool) {
		for {
			query := r.query()
			query.Set(contract.QueryStatus, state)
			var page statusPage
			if err := c.call(ctx, c.get(routePath(contract.RouteEvents), query), &page); err != nil {
				yield(Status{}, err)
				return
			}
			for _, raw := range page.Statuses {
				status, err := statusOf(raw)
				if err != nil {
					yield(status, fmt.Errorf("read a status: %w", err))
					return
				}
				if !yield(status, nil) {
					return
				}
			}
			if r.Cursor = page.NextCursor; r.Cursor == "" {
				return
			}
		}
	}
}

func statusOf(raw json.RawMessage) (Status, error) {
	status := Status{JSON: raw}
	err := json.Unmarshal(raw, &status)
	return status, err
}
