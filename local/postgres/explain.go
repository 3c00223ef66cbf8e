package postgres

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

const logTailBytes = 8 << 10

// explain turns what a server program wrote before it failed into one line that
// says what to do, and wraps the failure.
func explain(output, dir string, err error) error {
	for _, known := range []struct{ pattern, advice string }{
		{"No space left on device", "the disk of " + dir + " is full: free some space and try again"},
		{"Check free disk space", "the disk of " + dir + " is full: free some space and try again"},
		{"Disk quota exceeded", "the disk quota for " + dir + " is used up: free some space and try again"},
		{"could not resize shared memory", "there is too little shared memory: give the container more (--shm-size=256m)"},
		{"could not map anonymous shared memory", "there is too little memory: free some and try again"},
		{"could not bind .*: Permission denied", "the port is below 1024, and PostgreSQL, which never runs as root, may not have it: choose others, such as PORT=8080 make up"},
		{"could not bind", "the port is in use: stop what listens there, or choose another"},
		{"has wrong ownership", "the disk of " + dir + " does not keep owners and modes as PostgreSQL needs: use another folder"},
		{"has invalid permissions", "the disk of " + dir + " does not keep owners and modes as PostgreSQL needs: use another folder"},
		{"Operation not permitted", "a file of " + dir + " may not be changed: use another folder"},
		{"Permission denied", "a file of " + dir + " may not be read or written: see who owns it, or use another folder"},
		{"database files are incompatible", "the data in " + dir + " was made by another version: install that one, or remove the folder to start afresh"},
	} {
		if regexp.MustCompile(known.pattern).MatchString(output) {
			return fmt.Errorf("%s (%w: %s)", known.advice, err, lastLines(output))
		}
	}
	return fmt.Errorf("%w: %s", err, lastLines(output))
}

// lastLines joins the lines of an output that tell why, at most three of them.
func lastLines(output string) string {
	var telling, all []string
	severe := regexp.MustCompile(`(FATAL|PANIC|ERROR|error|HINT|LOG: .*(could not|terminat|was killed))`)
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		all = append(all, line)
		if severe.MatchString(line) {
			telling = append(telling, line)
		}
	}
	if len(telling) == 0 {
		telling = all
	}
	if len(telling) == 0 {
		return "it wrote nothing"
	}
	return strings.Join(telling[max(0, len(telling)-3):], "; ")
}

// logSince returns the end of a log, at most 8 KiB, without what was in it
// before the given size.
func logSince(path string, size int64) string {
	file, err := os.Open(path)
	if err != nil {
		return "the log cannot be read: " + err.Error()
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "the log cannot be read: " + err.Error()
	}
	from := max(size, info.Size()-logTailBytes)
	content, err := io.ReadAll(io.NewSectionReader(file, from, logTailBytes))
	if err != nil {
		return "the log cannot be read: " + err.Error()
	}
	return string(content)
}
