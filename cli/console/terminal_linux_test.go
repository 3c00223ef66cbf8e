package console

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a pseudo terminal.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	return screen, terminal
}

// TestTerminal sets environment variables, so it is not parallel.
func TestTerminal(t *testing.T) {
	screen, terminal := openTerminal(t)
	shown := make(chan string)
	go func() {
		var all strings.Builder
		buffer := make([]byte, 4096)
		for {
			n, err := screen.Read(buffer)
			all.Write(buffer[:n])
			if err != nil { // the other end is closed
				shown <- all.String()
				return
			}
		}
	}()
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	if got := StyleFor(terminal).Good("yes") + StyleFor(terminal).Bad(""); got != "\x1b[32myes\x1b[0m" {
		t.Errorf("on a terminal: %q", got)
	}
	for _, set := range [][2]string{{"NO_COLOR", "1"}, {"TERM", "dumb"}} {
		before := os.Getenv(set[0])
		t.Setenv(set[0], set[1])
		if got := StyleFor(terminal).Good("yes"); got != "yes" {
			t.Errorf("with %s: %q", set[0], got)
		}
		t.Setenv(set[0], before)
	}
	for _, total := range []int64{1000, 0} {
		p := NewProgress(terminal, "sent", "events", total)
		for range 6 {
			p.Add(1000, 200) // more than the total does not end it
			time.Sleep(120 * time.Millisecond)
		}
		p.Done()
	}
	if _, err := terminal.WriteString("after it"); err != nil {
		t.Fatal(err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	text := <-shown
	for _, want := range []string{"%", "sent ", " events", "after it"} {
		if !strings.Contains(text, want) {
			t.Errorf("the screen lacks %q: %q", want, text)
		}
	}
	if err := screen.Close(); err != nil {
		t.Fatal(err)
	}
}
