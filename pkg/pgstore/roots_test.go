package pgstore_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/pgstore"
)

// authority returns a certificate in PEM, under a title.
func authority(t *testing.T, title string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("\n# "+title+"\n"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})...)
}

func TestConnConfig_trusts_the_authorities_of_a_name(t *testing.T) {
	t.Parallel()
	west, west2, north := authority(t, "RDS eu-west-1 Root CA RSA"), authority(t, "RDS eu-west-1 Root CA ECC"), authority(t, "RDS eu-north-1 Root CA RSA")
	bundle := slices.Concat([]byte("# The roots\n# of RDS.\n"), west, north, west2)
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, trusted := range map[string][]byte{
		"RDS eu-west-1 Root CA":  append(slices.Clone(west), west2...),
		"RDS eu-north-1 Root CA": north,
		"RDS mx-central-1":       bundle, // of a region that the titles do not name: all
		"":                       bundle,
	} {
		cfg := pgstore.Config{Host: "h", Name: "d", Credentials: constant("s3cret"), RootCAFile: file, RootCAName: name}
		config, err := cfg.ConnConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := x509.NewCertPool()
		if !want.AppendCertsFromPEM(trusted) || bytes.Count(trusted, []byte("BEGIN")) == 0 {
			t.Fatal("no certificates")
		}
		if tls := config.TLSConfig; !tls.RootCAs.Equal(want) || tls.InsecureSkipVerify || tls.ServerName != "h" || len(config.Fallbacks) != 0 {
			t.Errorf("%q: TLS %+v, fallbacks %v", name, tls, config.Fallbacks)
		}
	}
}

func TestNew_refuses_authorities_that_it_cannot_read(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("# RDS eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const misplaced = `pgstore: RootCAName is "RDS", it must be empty without RootCAFile and with another TLSMode than verify-full`
	for _, c := range []struct{ file, mode, want string }{
		{"/no/such/file.pem", "", "pgstore: read the authorities: open /no/such/file.pem: "},
		{empty, "", "pgstore: " + empty + " has no certificate of an authority"},
		{"", "", misplaced},
		{empty, "verify-ca", misplaced},
	} {
		cfg := pgstore.Config{Host: "h", Name: "d", Credentials: constant("s3cret"), TLSMode: c.mode, RootCAFile: c.file, RootCAName: "RDS"}
		if store, err := pgstore.New(cfg); store != nil || err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
