package hcl

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Document is one file that is being written. Make one with NewDocument.
type Document struct {
	Body
	file *hclwrite.File
}

// Body is the inside of a document or of a block of it.
type Body struct {
	body *hclwrite.Body
	uses *Uses
}

// NewDocument returns a file that has the comment at its top.
func NewDocument(comment ...string) *Document {
	file := hclwrite.NewEmptyFile()
	d := &Document{Body{file.Body(), newUses()}, file}
	d.Comment(comment...)
	return d
}

// Bytes returns the file, formatted, an empty block on one line. Returns an error
// for a value that has no form in Terraform.
func (d *Document) Bytes() ([]byte, error) {
	var errs []error
	for _, v := range d.uses.unknown {
		errs = append(errs, fmt.Errorf("%T %v has no form in Terraform", v, v))
	}
	return regexp.MustCompile(`\{\n *\}`).ReplaceAll(hclwrite.Format(d.file.Bytes()), []byte("{}")), errors.Join(errs...)
}

// Comment appends a comment of some lines.
func (b Body) Comment(lines ...string) {
	for _, line := range lines {
		comment := sign(hclsyntax.TokenComment, strings.TrimRight("# "+line, " ")+"\n")
		b.body.AppendUnstructuredTokens(hclwrite.Tokens{comment})
	}
}

// EmptyLine appends an empty line.
func (b Body) EmptyLine() { b.body.AppendNewline() }

// Set appends an argument.
func (b Body) Set(name string, v Value) { b.body.SetAttributeRaw(name, b.uses.value(v)) }

// Block appends a block.
func (b Body) Block(kind string, labels ...string) Body {
	return Body{b.body.AppendNewBlock(kind, labels).Body(), b.uses}
}

// Apart appends a block after an empty line.
func (b Body) Apart(kind string, labels ...string) Body {
	b.EmptyLine()
	return b.Block(kind, labels...)
}

// Add adds to u what another document uses.
func (u *Uses) Add(other *Document) {
	maps.Copy(u.Variables, other.uses.Variables)
	maps.Copy(u.Locals, other.uses.Locals)
	maps.Copy(u.Data, other.uses.Data)
}

// UsesOf returns what several documents use.
func UsesOf(documents map[string]*Document) *Uses {
	u := newUses()
	for _, d := range documents {
		u.Add(d)
	}
	return u
}
