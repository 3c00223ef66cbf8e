package privilege

import (
	"go/types"
	"strings"
)

// operationOf returns the operation, such as s3.PutObject, whose input a function
// of the signature takes. With answered it must return the output as well.
func operationOf(signature *types.Signature, answered bool) (string, bool) {
	for parameter := range signature.Params().Variables() {
		path, name, ok := pointee(parameter.Type(), "Input")
		if !ok {
			continue
		}
		if answered && !returns(signature, path, name) {
			continue
		}
		client, _ := service(path) // pointee takes clients only
		return client + "." + name, true
	}
	return "", false
}

func returns(signature *types.Signature, path, name string) bool {
	for result := range signature.Results().Variables() {
		if p, n, ok := pointee(result.Type(), "Output"); ok && p == path && n == name {
			return true
		}
	}
	return false
}

// pointee takes a pointer to a service's type apart whose name has the suffix.
func pointee(t types.Type, suffix string) (path, name string, ok bool) {
	pointer, ok := types.Unalias(t).(*types.Pointer)
	if !ok {
		return "", "", false
	}
	named, ok := types.Unalias(pointer.Elem()).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return "", "", false
	}
	path = named.Obj().Pkg().Path()
	name, ok = strings.CutSuffix(named.Obj().Name(), suffix)
	_, client := service(path)
	return path, name, ok && client && name != ""
}
