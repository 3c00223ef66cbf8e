// Package soak runs the product for a long time at a steady rate, and looks for what
// grows: memory, descriptors, goroutines, connections, files.
package soak

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// process is what /proc tells of one.
type process struct {
	pid, parent int
	name        string // of its program
	// own is the resident memory that no file and no other process has a part in, in
	// bytes (RssAnon): the buffers that PostgreSQL shares, and the mapped file of the
	// queues, fill once and count in none.
	own         int64
	descriptors int
}

// table reads the processes of a machine; proc is /proc outside of tests. One that ends
// meanwhile is left out.
func table(proc string) (map[int]process, error) {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	out := map[int]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		p, err := read(filepath.Join(proc, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read process %d: %w", pid, err)
		}
		p.pid = pid
		out[pid] = p
	}
	return out, nil
}

func read(folder string) (p process, err error) {
	text, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return p, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch name {
		case "Name":
			p.name = value
		case "PPid":
			p.parent, err = strconv.Atoi(value)
		case "RssAnon":
			p.own, err = strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
			p.own <<= 10
		}
		if err != nil {
			return p, fmt.Errorf("its %s is %q: %w", name, value, err)
		}
	}
	files, err := os.ReadDir(filepath.Join(folder, "fd"))
	if errors.Is(err, fs.ErrPermission) {
		return p, nil // of another user; none that is ours
	}
	p.descriptors = len(files)
	return p, err
}

// family returns a process and its descendants.
func family(all map[int]process, root int) []process {
	children := map[int][]int{}
	for pid, p := range all {
		children[p.parent] = append(children[p.parent], pid)
	}
	var out []process
	for todo := []int{root}; len(todo) > 0; todo = todo[1:] {
		if p, there := all[todo[0]]; there {
			out = append(out, p)
			todo = append(todo, children[p.pid]...)
		}
	}
	return out
}

// files returns the size of what lies in a folder, by its first three path elements below
// it: a file, or a folder with all that is in it.
func files(folder string) (map[string]int64, error) {
	out := map[string]int64{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(below), "/")
		out[strings.Join(parts[:min(len(parts), 3)], "/")] += info.Size()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look at the files of %s: %w", folder, err)
	}
	return out, nil
}
