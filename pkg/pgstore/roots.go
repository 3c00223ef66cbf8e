package pgstore

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
)

// roots reads RootCAFile. Of the authorities those count whose title, the text before
// the certificate, has RootCAName in it; all of them when no title has.
func (c Config) roots() (*x509.CertPool, error) {
	bundle, err := os.ReadFile(c.RootCAFile)
	if err != nil {
		return nil, fmt.Errorf("pgstore: read the authorities: %w", err)
	}
	chosen := titled(bundle, c.RootCAName)
	if len(chosen) == 0 {
		chosen = bundle
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(chosen) {
		return nil, fmt.Errorf("pgstore: %s has no certificate of an authority", c.RootCAFile)
	}
	return pool, nil
}

func titled(bundle []byte, name string) (chosen []byte) {
	for certificate := range bytes.SplitAfterSeq(bundle, []byte("-----END CERTIFICATE-----\n")) {
		title, _, _ := bytes.Cut(certificate, []byte("-----BEGIN CERTIFICATE-----"))
		if bytes.Contains(title, []byte(name)) {
			chosen = append(chosen, certificate...)
		}
	}
	return chosen
}
