package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2/hclsimple"
	"github.com/spf13/cobra"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// config is the file of coffer serve.
//
//	domain   = "coffer.example.com:8443"
//	listen   = "0.0.0.0:8443"
//	database = "/var/lib/coffer/coffer.db"
//
//	root_key {
//	  file = "/etc/coffer/root.key" # or env, or passphrase_env
//	}
//	tls {
//	  certificate = "/etc/coffer/tls.pem" # both, or authority = a directory
//	  key         = "/etc/coffer/tls.key"
//	}
type config struct {
	Domain   string         `hcl:"domain"`
	Listen   string         `hcl:"listen"`
	Database string         `hcl:"database"`
	LogLevel string         `hcl:"log_level,optional"`
	RootKey  *rootKeyConfig `hcl:"root_key,block"`
	TLS      tlsConfig      `hcl:"tls,block"`
}

type rootKeyConfig struct {
	File          string `hcl:"file,optional"`
	Env           string `hcl:"env,optional"`
	PassphraseEnv string `hcl:"passphrase_env,optional"`
}

type tlsConfig struct {
	Certificate string `hcl:"certificate,optional"`
	Key         string `hcl:"key,optional"`
	Authority   string `hcl:"authority,optional"`
}

func serveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve an existing database over HTTPS",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := readConfig(file)
			if err != nil {
				return err
			}
			logger := newLogger(c.LogLevel)
			e, err := engine.Open(cmd.Context(), engine.Options{
				Database: c.Database, RootKey: c.rootKey(), Domain: c.Domain, Existing: true, Logger: logger,
			})
			if err != nil {
				return err
			}
			err = e.Serve(cmd.Context(), engine.ServeOptions{
				Listen: c.Listen, Certificate: c.TLS.Certificate, Key: c.TLS.Key, AuthorityDir: c.TLS.Authority,
			}, func(at engine.Addresses) {
				logger.Info("serving", "address", at.Listen, "domain", c.Domain, "tenant", e.Info().TenantID)
			})
			return errors.Join(err, e.Close())
		},
	}
	cmd.Flags().StringVar(&file, "config", "coffer.hcl", "configuration file")
	return cmd
}

// readConfig reads the file; relative paths in it are relative to it.
func readConfig(file string) (config, error) {
	c := config{LogLevel: "info"}
	text, err := os.ReadFile(file)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	if err := hclsimple.Decode(filepath.Base(file)+".hcl", text, nil, &c); err != nil {
		return c, fmt.Errorf("configuration %s: %w", file, err)
	}
	dir := filepath.Dir(file)
	paths := []*string{&c.Database, &c.TLS.Certificate, &c.TLS.Key, &c.TLS.Authority}
	if c.RootKey != nil {
		paths = append(paths, &c.RootKey.File)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return c, nil
}

func (c config) rootKey() engine.RootKey {
	if c.RootKey == nil {
		return engine.RootKey{}
	}
	return engine.RootKey{File: c.RootKey.File, Env: c.RootKey.Env, PassphraseEnv: c.RootKey.PassphraseEnv}
}
