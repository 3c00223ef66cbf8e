package privilege

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ssa"
	"golang.org/x/tools/go/types/typeutil"
)

// Call is one place that may call an operation of AWS.
type Call struct {
	Operation string // such as s3.PutObject
	Position  string // file:line, from the repository's root on
	Caller    string // the function there, such as (*pkg/s3blob.Store).Put
}

// Reach is what a command can get to from its main.
type Reach struct {
	Calls     []Call   // by operation, then position
	Functions []string // our package-level functions, such as pkg/s3blob.New
}

// Calls returns for the command at each import path which operations of AWS it can
// call. It follows our own code only, from main and the package initializers: a
// function is reached when it is called or its value is taken, a method when a
// reached function also turns its type into an interface and somebody may call it
// through one, or through reflection on a value of it. It may thus name a call
// that never happens, and misses none but those that assembly, linkname or a
// library's reflection by method name would make.
//
// Returns an error when a command cannot be loaded, or holds what this cannot see
// into: another library that calls AWS, or our own reflection by method name.
func Calls(ctx context.Context, root string, paths ...string) (map[string]Reach, error) {
	program, err := load(ctx, root, paths)
	if err != nil {
		return nil, err
	}
	out := map[string]Reach{}
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(program.mains)) {
		w := &walk{
			program: program, seen: map[*ssa.Function]bool{}, calls: map[Call]string{}, functions: map[string]bool{},
			invoked: map[string][]*types.Signature{}, waiting: map[string][]method{},
		}
		pkg := program.ssa.Package(program.mains[path].Types)
		w.enter(pkg.Func("init"), token.NoPos)
		w.enter(pkg.Func("main"), token.NoPos)
		w.run()
		out[path] = w.reach()
		errs = append(errs, w.errs...)
	}
	return out, errors.Join(errs...)
}

// walk goes through what one command reaches.
type walk struct {
	*program
	seen      map[*ssa.Function]bool
	todo      []visit
	calls     map[Call]string // the caller, by the rest
	functions map[string]bool
	converted typeutil.Map                  // types of which an interface may hold a value
	invoked   map[string][]*types.Signature // methods called through an interface of ours, by id
	waiting   map[string][]method           // methods of converted types that nothing calls yet, by id
	errs      []error
}

// visit is a function to look through. The position is that of whoever brought it
// up, for what has none of its own, such as a method value's wrapper.
type visit struct {
	function *ssa.Function
	at       token.Pos
}

func (w *walk) enter(f *ssa.Function, at token.Pos) {
	if len(f.Blocks) == 0 || w.seen[f] {
		return
	}
	w.seen[f] = true
	w.todo = append(w.todo, visit{f, at})
	if object, ok := f.Object().(*types.Func); ok && object.Signature().Recv() == nil {
		w.functions[strings.TrimPrefix(object.FullName(), module)] = true
	}
}

func (w *walk) run() {
	for len(w.todo) > 0 {
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		for _, block := range next.function.Blocks {
			for _, instruction := range block.Instrs {
				at := instruction.Pos()
				if !at.IsValid() {
					at = next.at
				}
				w.look(instruction, at, next.function)
			}
		}
	}
}

func (w *walk) look(instruction ssa.Instruction, at token.Pos, in *ssa.Function) {
	for _, operand := range instruction.Operands(nil) {
		if f, ok := (*operand).(*ssa.Function); ok {
			w.refer(f, at, in)
		}
	}
	switch instruction := instruction.(type) {
	case *ssa.MakeInterface:
		w.convert(instruction.X.Type(), at)
	case ssa.CallInstruction:
		call := instruction.Common()
		if call.IsInvoke() {
			w.invoke(call.Method, at)
		}
		if call.StaticCallee() == nil {
			if operation, ok := operationOf(call.Signature(), true); ok {
				w.call(operation, at, in)
			}
		}
	}
}

// refer takes note of a function that is called or whose value is taken. A client's
// method is a call either way: what happens to its value is not followed.
func (w *walk) refer(f *ssa.Function, at token.Pos, in *ssa.Function) {
	object, ok := f.Object().(*types.Func)
	if ok && object.Pkg() != nil {
		if _, client := service(object.Pkg().Path()); client {
			if operation, ok := operationOf(object.Signature(), false); ok {
				w.call(operation, at, in)
			}
			return
		}
		w.refuseByName(object, at)
	}
	if len(f.Blocks) > 0 {
		w.enter(f, at)
		return
	}
	// Another's generic function may call the methods of what it is made for.
	for _, argument := range f.TypeArgs() {
		w.convert(argument, at)
	}
}

func (w *walk) invoke(called *types.Func, at token.Pos) {
	w.refuseByName(called, at)
	id, signature := called.Id(), called.Signature()
	if slices.ContainsFunc(w.invoked[id], func(s *types.Signature) bool { return types.Identical(s, signature) }) {
		return
	}
	w.invoked[id] = append(w.invoked[id], signature)
	for _, m := range w.waiting[id] {
		if types.Identical(m.signature, signature) {
			w.enter(m.function, m.at)
		}
	}
}

func (w *walk) refuseByName(f *types.Func, at token.Pos) {
	switch f.FullName() {
	case "(reflect.Value).Method", "(reflect.Value).MethodByName", "(reflect.Type).Method", "(reflect.Type).MethodByName":
		w.errs = append(w.errs, fmt.Errorf("%s: %s finds methods by name, which this analysis cannot follow", w.position(at), f.FullName()))
	}
}

// call takes note of a call in a function, which for a literal is the one around it.
func (w *walk) call(operation string, at token.Pos, in *ssa.Function) {
	for in.Parent() != nil {
		in = in.Parent()
	}
	place := Call{Operation: operation, Position: w.position(at)}
	caller := strings.ReplaceAll(in.String(), module, "")
	if known, is := w.calls[place]; !is || caller < known { // a wrapper has the position of what brought it up
		w.calls[place] = caller
	}
}

func (w *walk) position(at token.Pos) string {
	p := w.ssa.Fset.Position(at)
	name, err := filepath.Rel(w.root, p.Filename)
	if err != nil {
		name = p.Filename
	}
	return filepath.ToSlash(name) + ":" + strconv.Itoa(p.Line)
}

func (w *walk) reach() Reach {
	out := Reach{Functions: slices.Sorted(maps.Keys(w.functions))}
	for call, caller := range w.calls {
		call.Caller = caller
		out.Calls = append(out.Calls, call)
	}
	slices.SortFunc(out.Calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Position, b.Position))
	})
	return out
}
