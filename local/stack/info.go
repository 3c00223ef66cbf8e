package stack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// infoFile is where a running stack says how to reach it, below its folder.
const infoFile = "stack.json"

// Info says how a running stack is reached. It holds the API key and the
// database's password: the file that keeps it is for its owner only.
type Info struct {
	PID          int    `json:"pid"`
	APIURL       string `json:"api_url"`
	ConsoleURL   string `json:"console_url,omitempty"`   // empty without a console
	ReferenceURL string `json:"reference_url,omitempty"` // empty without a reference of the API
	AWSEndpoint  string `json:"aws_endpoint"`
	DatabaseURL  string `json:"database_url"`
	QueueURL     string `json:"queue_url"`
	DLQURL       string `json:"dlq_url"`
	Bucket       string `json:"bucket"`
	TopicARN     string `json:"topic_arn"`
	Region       string `json:"region"`
	APIKey       string `json:"api_key"`
	// Clients are the names of those of whom the API takes the keys.
	Clients []string `json:"clients,omitempty"`
	LogDir  string   `json:"log_dir"`
}

// ReadInfo returns what the stack under dir wrote about itself. The error wraps
// fs.ErrNotExist when no stack wrote anything; what it wrote may be left over
// from one that was killed, so a caller checks that PID lives.
func ReadInfo(dir string) (Info, error) {
	path := filepath.Join(dir, infoFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Info{}, fmt.Errorf("read the stack's description: %w", err)
	}
	var info Info
	if err := json.Unmarshal(text, &info); err != nil {
		return Info{}, fmt.Errorf("read the stack's description %s: %w", path, err)
	}
	return info, nil
}

// WriteInfo writes info under dir, which must exist. A reader sees the file of
// before or the new one whole, never a part; only the owner may read it.
func WriteInfo(dir string, info Info) (err error) {
	text, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the stack's description: %w", err)
	}
	temporary, err := os.CreateTemp(dir, infoFile+".*") // its mode is 0600
	if err != nil {
		return fmt.Errorf("write the stack's description: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, writeErr := temporary.Write(append(text, '\n'))
	if err := errors.Join(writeErr, temporary.Close()); err != nil {
		return fmt.Errorf("write the stack's description: %w", err)
	}
	if err := os.Rename(temporary.Name(), filepath.Join(dir, infoFile)); err != nil {
		return fmt.Errorf("write the stack's description: %w", err)
	}
	return nil
}

// removeInfo removes what the process pid wrote under dir; what another one wrote
// since then stays.
func removeInfo(dir string, pid int) error {
	info, err := ReadInfo(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && info.PID != pid) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, infoFile)); err != nil {
		return fmt.Errorf("remove the stack's description: %w", err)
	}
	return nil
}
