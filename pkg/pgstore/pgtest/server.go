package pgtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is where the tests' server listens. A server that was started here runs
// for as long as hold is open, so hold is kept for the life of the process.
type server struct {
	url  string
	hold io.WriteCloser
}

// serveCommand is run rather than imported: this module knows nothing of local.
func serveCommand() *exec.Cmd {
	return exec.Command("go", "run", "github.com/fluxa/fluxa/local/cmd/fluxa-postgres", "serve")
}

// obtain returns the given server, or has the command start one that lasts until
// its standard input ends and prints its URL as its first line.
func obtain(given string, command *exec.Cmd, limit time.Duration) (*server, error) {
	if given != "" {
		return &server{url: given}, nil
	}
	// A file, not a pipe: a pipe would break with this process, and end the
	// server by a signal before it has cleaned up.
	log, err := os.CreateTemp("", "fluxa-pgtest-")
	if err != nil {
		return nil, fmt.Errorf("make a file for what %s says: %w", command.Path, err)
	}
	defer log.Close()
	if err := os.Remove(log.Name()); err != nil {
		return nil, fmt.Errorf("unlink the file for what %s says: %w", command.Path, err)
	}
	command.Stderr = log
	hold, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe to %s: %w", command.Path, err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe from %s: %w", command.Path, err)
	}
	if err := command.Start(); err != nil {
		return nil, advise(command, err, "")
	}
	line, err := firstLine(out, limit)
	if err != nil {
		err = errors.Join(err, hold.Close())
		_ = command.Process.Kill() // it may have ended by itself
		_ = command.Wait()         // what it wrote says more
		return nil, advise(command, err, lastWords(log))
	}
	return &server{url: line, hold: hold}, nil
}

func advise(command *exec.Cmd, err error, words string) error {
	if words != "" {
		err = fmt.Errorf("%w: %s", err, words)
	}
	return fmt.Errorf("%s: %w: run the tests from within the workspace (go.work), or set %s to a server of version 14 or newer",
		strings.Join(command.Args, " "), err, URLVariable)
}

func firstLine(in io.Reader, limit time.Duration) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		answered <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case got := <-answered:
		if got.err != nil {
			return "", errors.New("it ended before it gave a URL")
		}
		return got.line, nil
	case <-time.After(limit):
		return "", fmt.Errorf("no URL within %s", limit)
	}
}

// lastWords joins the last lines that the command wrote to its standard error.
func lastWords(log *os.File) string {
	content, err := io.ReadAll(io.NewSectionReader(log, 0, 1<<20))
	if err != nil {
		return "its output cannot be read: " + err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(content), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-3):], []byte("; ")))
}
