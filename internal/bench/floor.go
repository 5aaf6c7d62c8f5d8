package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// floorCommand makes this program the floors' server.
const floorCommand = "floor"

// floorHost is the name in the floor's certificate.
const floorHost = "floor.test"

// secretBody has the form and length of the answer to a secret GET.
const secretBody = `{"value":"0123456789abcdef0123456789abcdef","id":"https://bench.vault.coffer.test:8443/secrets/secret-0/0123456789abcdef0123456789abcdef","attributes":{"enabled":true,"created":1790000000,"updated":1790000000,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90}}`

// startFloor starts the floors' server and returns how to reach it.
func startFloor(ctx context.Context, file string) (target, func(), error) {
	self, err := os.Executable()
	if err != nil {
		return target{}, nil, err
	}
	cmd := exec.CommandContext(ctx, self, floorCommand, file)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return target{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return target{}, nil, err
	}
	stop := func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	var hello struct{ Address, Certificate string }
	if err := json.NewDecoder(pipe).Decode(&hello); err != nil {
		stop()
		return target{}, nil, fmt.Errorf("start the floor's server: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(hello.Certificate))
	return target{address: hello.Address, host: floorHost, roots: roots, want: http.StatusOK}, stop, nil
}

// serveFloor serves the floors until it is killed. It prints its address and
// certificate as one line of JSON.
func serveFloor(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: bench floor FILE")
	}
	handler, err := floorHandler(args[0])
	if err != nil {
		return err
	}
	certificate, text, err := selfSigned()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	hello := map[string]string{"Address": l.Addr().String(), "Certificate": text}
	if err := json.NewEncoder(os.Stdout).Encode(hello); err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}}))
}

func selfSigned() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: floorHost}, DNSNames: []string{floorHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text), nil
}

func floorHandler(file string) (http.Handler, error) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	journal, err := newJournal(file)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /get", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, secretBody)
	})
	mux.Handle("POST /sign/rsa", signer(rsaKey))
	mux.Handle("POST /sign/ec", signer(ecKey))
	mux.HandleFunc("PUT /append", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if err := journal.append(bytes.Repeat([]byte{'x'}, 1024)); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, secretBody)
	})
	mux.Handle("/synced/", http.StripPrefix("/synced", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := journal.append(bytes.Repeat([]byte{'x'}, 1024)); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	})))
	return mux, nil
}

func signer(key crypto.Signer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Value []byte }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		signature, err := key.Sign(rand.Reader, in.Value, crypto.SHA256)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"kid": "https://" + floorHost + "/keys/one/" + strings.Repeat("0", 32), "value": signature})
	})
}

// journal is a file to which waiting appends are written together and synced once.
type journal struct {
	queue chan *entry
}

type entry struct {
	data []byte
	done chan error
}

func newJournal(file string) (*journal, error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	j := &journal{queue: make(chan *entry, 1024)}
	go j.run(f)
	return j, nil
}

func (j *journal) append(data []byte) error {
	e := &entry{data, make(chan error, 1)}
	j.queue <- e
	return <-e.done
}

func (j *journal) run(f *os.File) {
	for first := range j.queue {
		batch := []*entry{first}
	drain:
		for {
			select {
			case e := <-j.queue:
				batch = append(batch, e)
			default:
				break drain
			}
		}
		var text []byte
		for _, e := range batch {
			text = append(text, e.data...)
		}
		_, err := f.Write(text)
		if err == nil {
			err = f.Sync()
		}
		for _, e := range batch {
			e.done <- err
		}
	}
}
