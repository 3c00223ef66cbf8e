package chaos

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/rig"
)

// wholeFaults are those of the whole stack, and of its maintenance.
func wholeFaults() []Scenario {
	return []Scenario{
		{
			Name: "whole-stack-killed", Fault: "API, queues, topic, bucket and every function are killed by SIGKILL, and started again 3 s later",
			Expected: "what was accepted before is stored", For: 3 * time.Second, Short: true,
			Break: func(_ context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
				return r.Stack.Start, r.Stack.Kill()
			},
		},
		{
			Name: "maintain-killed-while-dropping", Fault: "maintain is killed by SIGKILL while it drops a partition that has expired, and runs again",
			Expected: "the partition is gone, and no event of another one",
			Break:    killMaintain,
		},
	}
}

// expired is the day of a partition that is beyond every retention, rig.RetentionDays too.
const expired = "2020-01-01"

const expiredPartition = "events_20200101"

func killMaintain(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
	if err := r.Database.Exec(ctx, fmt.Sprintf(`SELECT make_partition('%s')`, expired)); err != nil {
		return nil, fmt.Errorf("make a partition that has expired: %w", err)
	}
	release, err := locked(ctx, r, `LOCK TABLE `+expiredPartition+` IN ACCESS SHARE MODE`)
	if err != nil {
		return nil, err
	}
	ran := make(chan error, 1)
	go func() { ran <- r.Invoke(ctx, contract.FunctionMaintain) }()
	waiting := await(ctx, r, `SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'fluxa_maintain' AND wait_event_type = 'Lock'`)
	err = errors.Join(waiting, kill(ctx, r, contract.FunctionMaintain))
	if waiting == nil && <-ran == nil {
		err = errors.Join(err, errors.New("maintain was killed, and yet it answered"))
	}
	mend := func(ctx context.Context) error {
		if err := release(ctx); err != nil {
			return err
		}
		if err := r.Invoke(ctx, contract.FunctionMaintain); err != nil {
			return fmt.Errorf("run maintain again: %w", err)
		}
		return await(ctx, r, `SELECT to_regclass('`+expiredPartition+`') IS NULL`)
	}
	return mend, err
}
