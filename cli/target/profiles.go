package target

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// profile is a stack that the configuration file names: a stage, or the parts of one.
type profile struct {
	Stage      string `yaml:"stage"`
	NamePrefix string `yaml:"name_prefix"`
	AWSProfile string `yaml:"aws_profile"`
	Region     string `yaml:"region"`
	KeyOf      string `yaml:"key_of"`

	Endpoint string `yaml:"endpoint"`
	APIKey   string `yaml:"api_key"`
	QueueURL string `yaml:"queue_url"`
	DLQURL   string `yaml:"dlq_url"`
}

// configFile is the file of the profiles, where the XDG Base Directory Specification has
// it: https://specifications.freedesktop.org/basedir-spec/latest/
func configFile() (string, error) {
	folder := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) { // a relative one is to be ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the configuration file: %w; set XDG_CONFIG_HOME", err)
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "fluxa", "config.yaml"), nil
}

// readProfile returns a profile of the configuration file. Returns an error that says
// which profiles there are when it has none of the name, and what is wrong with the file.
func readProfile(name string) (profile, error) {
	path, err := configFile()
	if err != nil {
		return profile{}, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return profile{}, fmt.Errorf("there is no profile %s: there is no %s; see docs/OPERATE.md, Find the stack", name, path)
	}
	if err != nil {
		return profile{}, fmt.Errorf("read the profiles: %w", err)
	}
	var file struct {
		Profiles map[string]profile `yaml:"profiles"`
	}
	if err := yaml.Load(text, &file, yaml.WithKnownFields()); err != nil {
		return profile{}, fmt.Errorf("%s: %s", path, strings.Join(strings.Fields(err.Error()), " "))
	}
	found, ok := file.Profiles[name]
	if !ok {
		return profile{}, fmt.Errorf("%s has no profile %s: it has %s", path, name, strings.Join(slices.Sorted(maps.Keys(file.Profiles)), ", "))
	}
	return found, found.check(name, path)
}

func (p profile) check(name, path string) error {
	parts := p.Endpoint != "" || p.QueueURL != "" || p.DLQURL != ""
	if (p.Stage != "") == parts {
		return fmt.Errorf("%s: the profile %s must have either a stage, or an endpoint, a queue_url and a dlq_url or some of them", path, name)
	}
	if p.NamePrefix != "" && parts {
		return fmt.Errorf("%s: the profile %s has a name_prefix, which belongs to a stage, and names no stage", path, name)
	}
	if p.APIKey == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read the profiles: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s has API keys, and others may read it: chmod 600 %s", path, path)
	}
	return nil
}
