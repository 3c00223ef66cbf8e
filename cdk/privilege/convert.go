package privilege

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// method is a method of a type of which an interface may hold a value.
type method struct {
	function  *ssa.Function
	signature *types.Signature
	at        token.Pos // where the type was turned into the interface
}

// convert takes note of a type of which an interface may hold a value: of its
// methods, and of those of the values that reflection gets out of it.
func (w *walk) convert(t types.Type, at token.Pos) {
	t = types.Unalias(t)
	if w.converted.At(t) != nil {
		return
	}
	w.converted.Set(t, true)
	if ours(t) {
		w.methods(t, at)
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		w.convert(u.Elem(), at)
	case *types.Slice:
		w.convert(u.Elem(), at)
	case *types.Array:
		w.convert(u.Elem(), at)
	case *types.Chan:
		w.convert(u.Elem(), at)
	case *types.Map:
		w.convert(u.Key(), at)
		w.convert(u.Elem(), at)
	case *types.Signature:
		for v := range u.Params().Variables() {
			w.convert(v.Type(), at)
		}
		for v := range u.Results().Variables() {
			w.convert(v.Type(), at)
		}
	case *types.Struct:
		for field := range u.Fields() {
			if field.Exported() || field.Embedded() { // reflection calls nothing on the others
				w.convert(field.Type(), at)
			}
		}
	}
}

// ours reports whether methods of the type can have a body of ours. A pointer's go
// with those of its type, and those of what is embedded with that.
func ours(t types.Type) bool {
	named, ok := t.(*types.Named)
	return ok && named.Obj().Pkg() != nil && own(named.Obj().Pkg().Path()) && !types.IsInterface(named)
}

// methods takes note of a type's methods. One that a client lends to the type by
// being embedded is left out: it is seen where it is called.
func (w *walk) methods(t types.Type, at token.Pos) {
	set := w.ssa.MethodSets.MethodSet(types.NewPointer(t))
	for selection := range set.Methods() {
		if _, client := service(selection.Obj().Pkg().Path()); client {
			continue
		}
		f := w.ssa.MethodValue(selection)
		signature, ok := selection.Type().(*types.Signature)
		if f == nil || len(f.Blocks) == 0 || !ok {
			continue
		}
		id := selection.Obj().Id()
		if w.called(id, signature) {
			w.enter(f, at)
		} else {
			w.waiting[id] = append(w.waiting[id], method{f, signature, at})
		}
	}
}

// called reports whether somebody may call a method through an interface: our code
// as far as it is reached, or any other's.
func (w *walk) called(id string, signature *types.Signature) bool {
	for _, s := range w.invoked[id] {
		if types.Identical(s, signature) {
			return true
		}
	}
	for _, s := range w.foreign[id] {
		if fits(s, signature) {
			return true
		}
	}
	return false
}

// fits reports whether a signature is that of another's interface, whose type
// parameters may stand for any type.
func fits(another, signature *types.Signature) bool {
	return another.Variadic() == signature.Variadic() &&
		fitsAll(another.Params(), signature.Params()) && fitsAll(another.Results(), signature.Results())
}

func fitsAll(another, tuple *types.Tuple) bool {
	if another.Len() != tuple.Len() {
		return false
	}
	for i := range another.Len() {
		t := another.At(i).Type()
		if !types.Identical(t, tuple.At(i).Type()) && !open(t, map[types.Type]bool{}) {
			return false
		}
	}
	return true
}

// open reports whether a type mentions a type parameter.
func open(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Pointer:
		return open(t.Elem(), seen)
	case *types.Slice:
		return open(t.Elem(), seen)
	case *types.Array:
		return open(t.Elem(), seen)
	case *types.Chan:
		return open(t.Elem(), seen)
	case *types.Map:
		return open(t.Key(), seen) || open(t.Elem(), seen)
	case *types.Signature:
		return anyOpen(t.Params(), seen) || anyOpen(t.Results(), seen)
	case *types.Named:
		for argument := range t.TypeArgs().Types() {
			if open(argument, seen) {
				return true
			}
		}
	}
	return false
}

func anyOpen(tuple *types.Tuple, seen map[types.Type]bool) bool {
	for v := range tuple.Variables() {
		if open(v.Type(), seen) {
			return true
		}
	}
	return false
}
