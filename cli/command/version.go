package command

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

func (versionCommand) Run(a *app) error {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	fmt.Fprintln(a.Out, versionLine(build))
	return nil
}

func versionLine(build *debug.BuildInfo) string {
	version := build.Main.Version
	if version == "" {
		version = "(devel)"
	}
	line := "fluxa " + version
	settings := map[string]string{}
	for _, s := range build.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		line += " " + revision[:min(12, len(revision))]
		if settings["vcs.modified"] == "true" {
			line += "+changes"
		}
	}
	return fmt.Sprintf("%s %s %s/%s", line, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
