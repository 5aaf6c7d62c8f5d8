package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/httpx"
)

// Names of the files that a certificate authority consists of.
const (
	caCertFile = "ca.pem"
	caKeyFile  = "ca.key"
)

// The lives of certificates. A leaf is renewed when less than a third of it is left.
const (
	caLife   = 10 * 365 * 24 * time.Hour
	leafLife = 397 * 24 * time.Hour
)

// Authority is a certificate authority of our own, for deployments without one.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
	path string
}

// OpenAuthority opens the authority kept in dir, and makes one if dir has none.
func OpenAuthority(dir string, now time.Time) (*Authority, error) {
	certPath, keyPath := filepath.Join(dir, caCertFile), filepath.Join(dir, caKeyFile)
	if _, err := os.Stat(certPath); errors.Is(err, fs.ErrNotExist) {
		if err := makeAuthority(certPath, keyPath, now); err != nil {
			return nil, fmt.Errorf("make certificate authority: %w", err)
		}
	}
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, fmt.Errorf("open certificate authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("open certificate authority: %s holds no EC key", keyPath)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	return &Authority{cert: pair.Leaf, key: key, pem: text, path: certPath}, nil
}

// Path is the file with the authority's certificate, for clients to trust.
func (a *Authority) Path() string { return a.path }

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte { return a.pem }

func makeAuthority(certPath, keyPath string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Coffer certificate authority", Organization: []string{"Coffer"}},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(template, template, key.Public().(*ecdsa.PublicKey), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(keyPath, 0o600, "PRIVATE KEY", keyDER); err != nil {
		return err
	}
	// The certificate comes last: its presence says that the authority is complete.
	return writePEM(certPath, 0o644, "CERTIFICATE", der)
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, public, key)
}

// writePEM writes a file that another process sees whole or not at all.
func writePEM(path string, mode os.FileMode, kind string, der []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".pem-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	err = errors.Join(temp.Chmod(mode), pem.Encode(temp, &pem.Block{Type: kind, Bytes: der}), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// Issue makes a server certificate for all names of the hosts, and for loopback.
func (a *Authority) Issue(now time.Time, hosts ...httpx.Hosts) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: "Coffer"},
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(leafLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, h := range hosts {
		template.DNSNames = append(template.DNSNames, certificateNames(h)...)
	}
	der, err := sign(template, a.cert, key.Public().(*ecdsa.PublicKey), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue server certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue server certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func certificateNames(h httpx.Hosts) []string {
	names := make([]string, 0, 5)
	for _, url := range []string{h.Login(), h.Management(), h.Graph(), h.VaultResource()} {
		names = append(names, hostname(url[len("https://"):]))
	}
	return append(names, "*."+names[3])
}

// leafKeeper hands out the server certificate and renews it in time.
type leafKeeper struct {
	authority *Authority
	hosts     []httpx.Hosts
	now       func() time.Time
	mu        sync.Mutex
	leaf      *tls.Certificate
}

// Certificates returns a tls.Config.GetCertificate that issues and renews.
func (a *Authority) Certificates(now func() time.Time, hosts ...httpx.Hosts) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k := &leafKeeper{authority: a, hosts: hosts, now: now}
	return k.get
}

func (k *leafKeeper) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.leaf == nil || k.leaf.Leaf.NotAfter.Sub(now) < leafLife/3 {
		leaf, err := k.authority.Issue(now, k.hosts...)
		if err != nil {
			return nil, err
		}
		k.leaf = leaf
	}
	return k.leaf, nil
}
