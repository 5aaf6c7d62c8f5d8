package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// devFlags are the flags of coffer dev.
type devFlags struct {
	state      string
	envFile    string
	domain     string
	listen     string
	proxy      string
	identity   string
	azureNames bool
	logLevel   string
}

func devCommand() *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Serve a development engine that needs no setting up",
		Long: "dev serves an engine with its own certificate authority, one tenant, one\n" +
			"subscription and one administrator. It writes what Azure clients read to an\n" +
			"environment file; source it and run them unchanged. The keys, certificates and\n" +
			"tokens are real ones; only the names are nobody else's, which is why the file also\n" +
			"names a proxy that leads to them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDev(cmd, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.state, "state", "", "directory to keep the state in (default: a temporary one, removed at the end)")
	flags.StringVar(&f.envFile, "env-file", "coffer-dev.env", "file to write the environment of clients to")
	flags.StringVar(&f.domain, "domain", "coffer.test", "domain of the hosts")
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8443", "address of the server")
	flags.StringVar(&f.proxy, "proxy", "127.0.0.1:8444", "address of the CONNECT proxy; empty for none")
	flags.StringVar(&f.identity, "identity", "127.0.0.1:8445", "address of the managed-identity endpoint; empty for none")
	flags.BoolVar(&f.azureNames, "azure-names", false, "answer under Azure's own public names too")
	flags.StringVar(&f.logLevel, "log-level", "info", "trace, debug, info, warn or error")
	return cmd
}

func runDev(cmd *cobra.Command, f devFlags) (err error) {
	if f.state == "" {
		if f.state, err = os.MkdirTemp("", "coffer-dev-"); err != nil {
			return err
		}
		defer os.RemoveAll(f.state)
	} else if err := os.MkdirAll(f.state, 0o700); err != nil {
		return err
	}
	// The listener is first: the names hold its port, which may be any free one.
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	logger := newLogger(f.logLevel)
	e, err := engine.Open(cmd.Context(), engine.Options{
		Database: filepath.Join(f.state, "coffer.db"), Domain: withPort(f.domain, listener.Addr().String()), AzureNames: f.azureNames, Logger: logger,
	})
	if err != nil {
		return err
	}
	o := engine.ServeOptions{Listener: listener, AuthorityDir: f.state, Proxy: f.proxy}
	if f.identity != "" {
		o.Identity = &engine.IdentityOptions{Listen: f.identity, ClientID: e.Info().OperatorClientID, Header: rand.Text()}
	}
	var failed error
	err = e.Serve(cmd.Context(), o, func(at engine.Addresses) {
		failed = writeEnv(cmd, f, e, o, at)
	})
	return errors.Join(failed, err, e.Close())
}

// withPort adds the port of address to the domain if it has none and is not 443.
func withPort(domain, address string) string {
	i := strings.LastIndexByte(address, ':')
	if strings.Contains(domain, ":") || i < 0 || address[i+1:] == "443" {
		return domain
	}
	return domain + address[i:]
}

// writeEnv prints the environment of clients and writes it, whole, to its file.
func writeEnv(cmd *cobra.Command, f devFlags, e *engine.Engine, o engine.ServeOptions, at engine.Addresses) error {
	authority, err := filepath.Abs(at.AuthorityFile)
	if err != nil {
		return err
	}
	text := envText(e, o, at, authority, f.azureNames)
	temp, err := os.CreateTemp(filepath.Dir(f.envFile), ".coffer-dev-*")
	if err != nil {
		return fmt.Errorf("write environment file: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(text)
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("write environment file: %w", err)
	}
	if err := os.Rename(temp.Name(), f.envFile); err != nil {
		return fmt.Errorf("write environment file: %w", err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s# serving; the lines above are in %s\n", text, f.envFile)
	return nil
}

func envText(e *engine.Engine, o engine.ServeOptions, at engine.Addresses, authority string, azureNames bool) string {
	info := e.Info()
	var b strings.Builder
	set := func(value string, names ...string) {
		for _, name := range names {
			fmt.Fprintf(&b, "export %s='%s'\n", name, value)
		}
	}
	set(info.TenantID, "AZURE_TENANT_ID", "ARM_TENANT_ID", "COFFER_TENANT_ID")
	set(info.SubscriptionID, "AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID", "COFFER_SUBSCRIPTION_ID")
	set(info.OperatorClientID, "AZURE_CLIENT_ID", "ARM_CLIENT_ID", "COFFER_CLIENT_ID")
	set(e.OperatorSecret(), "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "COFFER_CLIENT_SECRET")
	if !azureNames {
		set("https://login."+info.Domain, "AZURE_AUTHORITY_HOST")
	}
	set("https://management."+info.Domain, "COFFER_ENDPOINT")
	set("management."+info.Domain, "ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST")
	set(info.Domain, "COFFER_DOMAIN")
	set(authority, "COFFER_CA_FILE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
	if at.Proxy != "" {
		set("http://"+at.Proxy, "HTTPS_PROXY", "https_proxy")
		set("127.0.0.1,localhost", "NO_PROXY", "no_proxy")
	}
	if at.Identity != "" {
		set("http://"+at.Identity+"/msi/token", "COFFER_IDENTITY_ENDPOINT")
		set(o.Identity.Header, "COFFER_IDENTITY_HEADER")
	}
	return b.String()
}
