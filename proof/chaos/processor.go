package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/inject"
	"github.com/fluxa/fluxa/proof/rig"
)

const healed = "what was in work is delivered again after the visibility time-out: stored once, announced"

// processorFaults end or halt the processor wherever it happens to be.
func processorFaults() []Scenario {
	return []Scenario{
		{
			Name: "processor-out-of-memory", Fault: "the processors' address space is limited to what they have (RLIMIT_AS): the next allocation ends them",
			Expected: healed, For: 10 * time.Second, Delays: true,
			Break: func(ctx context.Context, r *rig.Rig, window time.Duration) (Mend, error) {
				return nothing, repeat(ctx, window, time.Second, func() error { return each(ctx, r, contract.FunctionProcessor, limitMemory) })
			},
		},
		{
			Name: "processor-suspended", Fault: "the processors are halted by SIGSTOP every 2 s, until Lambda's time-out ends them",
			Expected: healed, For: 12 * time.Second, Delays: true,
			Break: func(ctx context.Context, r *rig.Rig, window time.Duration) (Mend, error) {
				return nothing, repeat(ctx, window, 2*time.Second, func() error {
					return each(ctx, r, contract.FunctionProcessor, func(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) })
				})
			},
		},
		broken("processor-timed-out", "SNS answers after the processor's time-out: invocations end in the middle of their batch",
			healed, 15*time.Second, inject.Fault{Service: endpoint.SNS, Operations: []string{publish}, Effect: inject.Delay, Delay: 8 * time.Second}),
	}
}

// each does something to every process of a function. One that has ended by then is left
// out.
func each(ctx context.Context, r *rig.Rig, f contract.Function, do func(pid int) error) error {
	pids, err := r.Stack.Processes(ctx, f)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := do(pid); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d of %s: %w", pid, f, err)
		}
	}
	return nil
}

func limitMemory(pid int) error {
	const least = 1 << 20
	return rig.Limit(pid, unix.RLIMIT_AS, least)
}

// step is one side effect of the processor that happens by a call which can be held up.
type step struct {
	name, about string
	call        inject.Fault
	// cause makes the step happen at all; nil: it happens by itself.
	cause []inject.Fault
}

// kill is the fault at a step.
func (s step) kill(effect inject.Effect) inject.Fault {
	f := s.call
	f.Effect, f.Function, f.Times = effect, string(contract.FunctionProcessor), kills
	return f
}

// kills is how often the processor is killed at one step.
const kills = 2

func steps() []step {
	failingTopic := inject.Fault{Service: endpoint.SNS, Operations: []string{publish}, Effect: inject.Refuse, Status: http.StatusInternalServerError, Code: "InternalError"}
	return []step{
		{name: "reading", about: "a payload is read from S3", call: inject.Fault{Service: endpoint.S3, Operations: []string{http.MethodGet}}},
		{name: "publishing", about: "notifications are published", call: inject.Fault{Service: endpoint.SNS, Operations: []string{publish}}},
		{name: "dead-lettering", about: "messages are sent to the DLQ", call: inject.Fault{Service: endpoint.SQS, Target: letters}},
		{
			name: "postponing", about: "the next delivery of a message is set, which SNS did not take",
			call: inject.Fault{Service: endpoint.SQS, Operations: []string{postpone}}, cause: []inject.Fault{failingTopic},
		},
	}
}

// killSteps kill the processor before and after each of its side effects. They need no
// build of their own: the call arrives at the service, is carried out or not, and the
// process is killed before it learns of it.
func killSteps() []Scenario {
	var out []Scenario
	for _, s := range steps() {
		for i, word := range []string{"before", "after"} {
			effect := []inject.Effect{inject.KillBefore, inject.KillAfter}[i]
			out = append(out, broken("processor-killed-"+word+"-"+s.name, "the processor is killed by SIGKILL "+word+" "+s.about+", twice",
				healed, 0, append(slices.Clone(s.cause), s.kill(effect))...))
		}
	}
	everywhere := broken("processor-killed-at-each-step", "the processor is killed by SIGKILL before and after each of its calls to S3, SNS and SQS, twice at each",
		healed, 0, killsEverywhere()...)
	everywhere.Short = true
	out = append(out, everywhere)
	for i := range out {
		out[i].Mix = everyStep
	}
	return append(out, killedBeforeCommit(), killedAfterCommit())
}

// killsEverywhere are the faults before and after each step, and then the causes of steps:
// the first fault that meets a call is applied, and a cause would leave none to the kills.
func killsEverywhere() []inject.Fault {
	var kills, causes []inject.Fault
	for _, s := range steps() {
		kills = append(kills, s.kill(inject.KillBefore), s.kill(inject.KillAfter))
		causes = append(causes, s.cause...)
	}
	return append(kills, causes...)
}

// everyStep has enough large payloads and poison for each step to happen often.
func everyStep(m *rig.Mix) { m.Large, m.Poison = 0.1, 0.05 }

// killedBeforeCommit holds the processor up at its statement by a lock.
func killedBeforeCommit() Scenario {
	return Scenario{
		Name: "processor-killed-before-the-commit", Fault: "the processor is killed by SIGKILL while its statement waits for a lock",
		Expected: healed, Short: true,
		Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
			release, err := locked(ctx, r, `LOCK TABLE events IN ACCESS EXCLUSIVE MODE`)
			if err != nil {
				return nil, err
			}
			return release, errors.Join(await(ctx, r, `SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'fluxa_processor' AND wait_event_type = 'Lock'`), kill(ctx, r, contract.FunctionProcessor))
		},
	}
}

// killedAfterCommit lets the server commit, and its answer never arrive. The processor must
// have a connection then, since a new one takes answers: it has just stored an event. When
// what comes next is a duplicate, the connection is lost with nothing stored, and the moment
// is tried for anew.
func killedAfterCommit() Scenario {
	return Scenario{
		Name: "processor-killed-after-the-commit", Fault: "the server's answers stay away, and the processor is killed by SIGKILL when its events are stored",
		Expected: healed, Short: true,
		Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (Mend, error) {
			stored := func(limit time.Duration) error {
				return awaitWithin(ctx, r, limit, fmt.Sprintf(`SELECT count(*) > 0 FROM events WHERE created_at > '%s'`, time.Now().UTC().Format(time.RFC3339Nano)))
			}
			mend := func(ctx context.Context) error { r.Database.Clean(ctx); return nil }
			for tries := 1; ; tries++ {
				if err := stored(awaitLimit); err != nil {
					return nil, err
				}
				if err := r.Database.Toxic("timeout", map[string]int{"timeout": 0}); err != nil {
					return nil, err
				}
				err := stored(2 * time.Second)
				if err == nil || tries == 5 || !errors.Is(err, errNotCome) {
					return mend, errors.Join(err, kill(ctx, r, contract.FunctionProcessor))
				}
				r.Database.Clean(ctx)
			}
		},
	}
}

// kill kills the processes of a function, of which there must be one.
func kill(ctx context.Context, r *rig.Rig, f contract.Function) error {
	killed := 0
	err := each(ctx, r, f, func(pid int) error {
		err := syscall.Kill(pid, syscall.SIGKILL)
		if err == nil {
			killed++
		}
		return err
	})
	if err == nil && killed == 0 {
		err = fmt.Errorf("%w: there was no process of %s to kill", errUnmet, f)
	}
	return err
}

const (
	awaitLimit = 30 * time.Second
	awaitPause = 50 * time.Millisecond
)

// errNotCome is of a moment for which a fault waits.
var errNotCome = errors.New("the moment of the fault did not come")

// await asks a question past the proxy until its answer is yes.
func await(ctx context.Context, r *rig.Rig, question string) error {
	return awaitWithin(ctx, r, awaitLimit, question)
}

// awaitWithin returns errNotCome when the answer is not yes within the limit.
func awaitWithin(ctx context.Context, r *rig.Rig, limit time.Duration, question string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := r.Database.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	for {
		var yes bool
		if err := c.QueryRow(ctx, question).Scan(&yes); err != nil && ctx.Err() == nil {
			return fmt.Errorf("wait for the moment of the fault: %w", err)
		}
		if yes {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w within %s: %s", errNotCome, limit, question)
		case <-time.After(awaitPause):
		}
	}
}
