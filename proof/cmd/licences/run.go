package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/fluxa/fluxa/proof/licences"
)

func run(ctx context.Context, check bool) error {
	policy, err := licences.ReadPolicy("proof/licences/policy.json")
	if err != nil {
		return err
	}
	modules, err := licences.Modules(ctx, ".", licences.Programs())
	if err != nil {
		return err
	}
	embedded, err := policy.Parts(".")
	if err != nil {
		return err
	}
	all, err := policy.Check(slices.Concat(modules, embedded))
	if err != nil {
		return err
	}
	for file, text := range map[string]string{
		"docs/LICENCES.md": licences.Page(all[:len(modules)], all[len(modules):]),
		"THIRD_PARTY":      licences.Texts(all),
	} {
		if !check {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return fmt.Errorf("write the licences: %w", err)
			}
			continue
		}
		old, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read the licences: %w", err)
		}
		if string(old) != text {
			return fmt.Errorf("%s is out of date: `make licences` writes it", file)
		}
	}
	return nil
}
