package privilege

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/ssa"
)

// module is what the import paths of our own packages begin with.
const module = "github.com/fluxa/fluxa/"

const (
	sdk      = "github.com/aws/aws-sdk-go-v2/"
	firstSDK = "github.com/aws/aws-sdk-go/"
)

// quiet are the packages of the SDK, beside the clients, that call nothing with
// the function's role: on Lambda the credentials come from the environment.
func quiet() []string {
	return []string{"aws", "aws/middleware", "aws/retry", "aws/transport/http", "credentials"}
}

// signs reports whether the package of the SDK is the one that signs tokens for a
// database, imported where login stands for it in the table of needs.
func signs(from, name string) bool {
	return name == "feature/rds/auth" && strings.HasPrefix(login, strings.TrimPrefix(from, module)+".")
}

func own(path string) bool { return strings.HasPrefix(path, module) }

// service returns the name of the service whose client the package is.
func service(path string) (string, bool) {
	name, ok := strings.CutPrefix(path, sdk+"service/")
	return name, ok && !strings.Contains(name, "/")
}

// program is the source of some commands: our own packages in SSA form, of all
// others the types.
type program struct {
	root    string
	ssa     *ssa.Program
	mains   map[string]*packages.Package
	foreign map[string][]*types.Signature // methods of other packages' interfaces, by name
}

// load reads the commands at the import paths as they are built for Lambda, from
// the workspace at root. It compiles nothing.
func load(ctx context.Context, root string, paths []string) (*program, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	mains, err := packages.Load(&packages.Config{
		Context: ctx, Dir: root, BuildFlags: []string{"-tags=lambda.norpc"},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedTypesInfo | packages.NeedSyntax,
		Env: append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly",
			"GOWORK="+filepath.Join(root, "go.work"), "GOPACKAGESDRIVER=off"),
	}, paths...)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", strings.Join(paths, ", "), err)
	}
	p := &program{root: root, mains: map[string]*packages.Package{}, foreign: map[string][]*types.Signature{}}
	var errs []error
	packages.Visit(mains, nil, func(pkg *packages.Package) {
		for _, err := range pkg.Errors {
			errs = append(errs, fmt.Errorf("load %s: %w", pkg.PkgPath, err))
		}
	})
	for _, main := range mains {
		if p.mains[main.PkgPath] = main; main.Name != "main" {
			errs = append(errs, fmt.Errorf("load %s: it is no command", main.PkgPath))
		}
		errs = append(errs, unseen(main))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	p.build(mains)
	return p, nil
}

// build makes the SSA form, and collects the interfaces of others, those within
// their functions too.
func (p *program) build(mains []*packages.Package) {
	p.ssa = ssa.NewProgram(mains[0].Fset, ssa.InstantiateGenerics)
	packages.Visit(mains, nil, func(pkg *packages.Package) {
		if own(pkg.PkgPath) {
			p.ssa.CreatePackage(pkg.Types, pkg.Syntax, pkg.TypesInfo, true)
			return
		}
		p.ssa.CreatePackage(pkg.Types, nil, nil, true)
		p.collect(pkg)
	})
	p.ssa.Build()
}

func (p *program) collect(pkg *packages.Package) {
	for expression, typed := range pkg.TypesInfo.Types {
		face, ok := typed.Type.(*types.Interface)
		if _, literal := expression.(*ast.InterfaceType); !literal || !ok {
			continue
		}
		for method := range face.Methods() {
			if method.Exported() {
				p.foreign[method.Name()] = append(p.foreign[method.Name()], method.Signature())
			}
		}
	}
}

// unseen returns an error for each package of a command that may call AWS where
// this analysis does not look.
func unseen(main *packages.Package) error {
	var errs []error
	refuse := func(from, what string) {
		errs = append(errs, fmt.Errorf("%s imports %s, which may call AWS out of this analysis's sight", from, what))
	}
	packages.Visit([]*packages.Package{main}, nil, func(pkg *packages.Package) {
		for path := range pkg.Imports {
			switch name, ofSDK := strings.CutPrefix(path, sdk); {
			case strings.HasPrefix(path, firstSDK) && !strings.HasPrefix(pkg.PkgPath, firstSDK):
				refuse(pkg.PkgPath, path)
			case !ofSDK || strings.HasPrefix(pkg.PkgPath, sdk):
			case own(pkg.PkgPath):
				if _, client := service(strings.TrimSuffix(path, "/types")); !client && !slices.Contains(quiet(), name) && !signs(pkg.PkgPath, name) {
					refuse(pkg.PkgPath, path)
				}
			default:
				if _, client := service(path); client {
					refuse(pkg.PkgPath, path)
				}
			}
		}
	})
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}
