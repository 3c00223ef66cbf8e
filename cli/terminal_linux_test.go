package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/local/stack"
)

// playCommand is the program itself, as cmd/fluxa runs it.
func playCommand() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, os.Args[1:], console.Standard(), stacks.Launcher{Run: playLaunch})
}

// playLaunch is a stack that is up after a moment and is what its parent says of it.
func playLaunch(ctx context.Context, cfg stack.Config) error {
	var info stack.Info
	if err := json.Unmarshal([]byte(os.Getenv("FLUXA_TEST_INFO")), &info); err != nil {
		return err
	}
	info.PID = os.Getpid()
	time.Sleep(700 * time.Millisecond) // longer than it takes to draw the line
	fmt.Fprintln(cfg.Out, "Fluxa is up")
	if err := stack.WriteInfo(cfg.Dir, info); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(cfg.Out, "stopping …")
	return nil
}

// typed is what a person sees who runs a command in a terminal of so many columns. When it
// has shown a text, keys are pressed.
func typed(t *testing.T, columns uint16, environment []string, until, keys string, args ...string) (shown string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, programNamedFluxa(t), args...)
	command.Env = append(append(os.Environ(), childVariable+"=command", "TERM=xterm", "NO_COLOR="), environment...)
	screen, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for buffer, pressed := make([]byte, 4096), keys == ""; ; {
		n, err := screen.Read(buffer)
		all.Write(buffer[:n])
		if !pressed && strings.Contains(all.String(), until) {
			pressed = true
			if _, err := screen.WriteString(keys); err != nil {
				t.Error(err)
			}
		}
		if err != nil { // the other end is closed
			break
		}
	}
	if err := command.Wait(); err != nil && ctx.Err() != nil {
		t.Errorf("fluxa %s did not end: %v; it shows %q", strings.Join(args, " "), err, all.String())
	}
	if err := screen.Close(); err != nil {
		t.Error(err)
	}
	return all.String(), command.ProcessState.ExitCode()
}

const ctrlC = "\x03"

// readable is an API and a stack that the reading commands have something to show of.
func readable(t *testing.T) (dir string) {
	t.Helper()
	q, api := newQueues(t), newAPI(t)
	long := strings.Repeat("a long reason ", 12)
	api.says("GET /events/e1", 200, `{"event_id":"e1","merchant":"`+long+`"}`)
	api.says("GET /events/e1/status", 200, `{"event_id":"e1","status":"failed","attempts":2,"last_seen_at":"2024-07-01T11:59:03Z","error":{"code":"hash_mismatch","reason":"`+long+`"}}`)
	api.on("GET /events", func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.URL.Query().Get("status") != "" {
			fmt.Fprintf(w, `{"statuses":[{"event_id":"0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77","status":"failed","attempts":2,"first_seen_at":"2024-07-01T11:59:03Z","last_seen_at":"2024-07-01T11:59:03Z","error":{"code":"hash_mismatch","reason":%q}}]}`, long)
			return
		}
		fmt.Fprintf(w, `{"events":[{"event_id":"0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77","timestamp":"2024-07-01T11:59:03Z","amount":99.99,"currency":"EUR","merchant":%q}]}`, long)
	})
	q.dead("0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77", "hash_mismatch", long, envelope(t, "e1"))
	info := q.info
	info.APIURL, info.LogDir = api.URL, t.TempDir()
	for function, text := range lines {
		if err := os.WriteFile(filepath.Join(info.LogDir, function+".log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return local(t, info)
}

func TestTerminal_shows_text_in_lines_that_fit(t *testing.T) {
	t.Parallel()
	dir := readable(t)
	for _, args := range []string{
		"get e1", "status e1", "list --user-id u", "failures", "dlq ls", "trace e1", "logs --since 1000000h", "help", "dlq redrive --help",
	} {
		for _, columns := range []uint16{60, 80, 200} {
			t.Run(fmt.Sprint(args, " in ", columns), func(t *testing.T) {
				t.Parallel()
				full := strings.Fields(args)
				if !strings.Contains(args, "help") {
					full = append(full, "--dir", dir)
				}
				shown, _ := typed(t, columns, nil, "", "", full...)
				for line := range strings.Lines(shown) {
					if strings.HasPrefix(line, "    fluxa ") || strings.HasPrefix(line, `Run "fluxa`) {
						continue // to be copied as they are
					}
					if width := ansi.StringWidth(strings.TrimRight(line, "\r\n")); width > int(columns) {
						t.Errorf("%d columns: %q", width, line)
					}
				}
				if strings.HasPrefix(shown, "{") || len(shown) < 40 || (strings.HasPrefix(args, "failures") && !strings.Contains(shown, "0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77")) {
					t.Errorf("it shows %q", shown)
				}
			})
		}
	}
}

func TestTerminal_has_colours_unless_they_are_not_wanted(t *testing.T) {
	t.Parallel()
	dir := readable(t)
	for variable, coloured := range map[string]bool{"FLUXA=": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		shown, code := typed(t, 100, []string{variable}, "", "", "logs", "--since", "1000000h", "--dir", dir)
		if code != exit.OK || strings.Contains(shown, "\x1b[36m") != coloured || (coloured && !strings.Contains(shown, "\x1b[35m")) || (!coloured && strings.Contains(shown, "\x1b")) {
			t.Errorf("%s: %q", variable, shown)
		}
	}
}

func TestTerminal_has_a_live_line_below_what_up_prints(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	q.dead("e1", "x", "y", "z")
	info := q.info
	info.LogDir = t.TempDir()
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	shown, code := typed(t, 100, []string{"FLUXA_TEST_INFO=" + string(text)}, "queue 0  stored 0.0/s  DLQ 1", ctrlC, "up", "--dir", dir)
	starting, up, live, stopping := strings.Index(shown, "starting, "), strings.Index(shown, "Fluxa is up"), strings.Index(shown, "requests 0.0/s  queue 0  stored 0.0/s  DLQ 1"), strings.Index(shown, "stopping …")
	if code != exit.OK || starting < 0 || up < starting || live < up || stopping < live {
		t.Errorf("exit code %d, it shows %q", code, shown)
	}
	if after := shown[max(0, strings.LastIndex(shown, "\x1b[J")):]; strings.Contains(after, "requests ") {
		t.Errorf("the line stays: %q", after)
	}
}

func TestTerminal_shows_progress_and_Ctrl_C_ends_in_good_order(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(202)
		fmt.Fprint(w, `{"event_id":"x","status":"enqueued"}`)
	})
	shown, code := typed(t, 100, nil, " events", ctrlC, "send", "--generate", "100000", "--batch", "1", "--rate", "20/s", "--endpoint", api.URL)
	if code != exit.Interrupted || !strings.Contains(shown, "%") || !strings.Contains(shown, "interrupted\x1b[0m; event ") || !strings.Contains(shown, "on "+api.URL) {
		t.Errorf("exit code %d, it shows %q", code, shown)
	}
	dir := readable(t)
	shown, code = typed(t, 100, nil, "invalid_value", ctrlC, "logs", "-f", "--since", "1000000h", "--dir", dir)
	if code != exit.Interrupted || strings.Contains(shown, "fluxa:") || strings.Contains(shown, "context canceled") {
		t.Errorf("exit code %d, it shows %q", code, shown)
	}
}
