//go:build unix && !linux

package postgres

import "syscall"

const namespacesSupported = false

// enterNamespace is never reached here: without namespaces there is no identity
// of that kind.
func enterNamespace(*syscall.SysProcAttr, identity) {}
