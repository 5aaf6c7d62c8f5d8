package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// connect returns the clients of an engine, embedded or remote.
func connect(ctx context.Context, s settings, version string, diags *diag.Diagnostics) *clients {
	if s.endpoint == "" {
		return connectEmbedded(ctx, s, version, diags)
	}
	return connectRemote(ctx, s, version, diags)
}

func connectRemote(ctx context.Context, s settings, version string, diags *diag.Diagnostics) *clients {
	transport, err := newHTTPClient(s.caFile)
	if err != nil {
		diags.AddAttributeError(path.Root("ca_file"), "The certificate authorities cannot be read",
			sentence(err.Error())+" Name a PEM file with at least one CERTIFICATE block.")
		return nil
	}
	h, err := discover(ctx, transport, s.endpoint)
	if err != nil {
		diags.AddAttributeError(path.Root("endpoint"), "The engine does not answer",
			"Asked "+s.endpoint+" for the names of its hosts. "+sentence(err.Error())+" "+connectAdvice(err))
		return nil
	}
	c := newClients(h, transport, version)
	c.subscriptionID = s.subscriptionID
	signIn(ctx, c, s, diags)
	return c
}

// signIn gives the clients the credential of the settings.
func signIn(ctx context.Context, c *clients, s settings, diags *diag.Diagnostics) {
	credential, err := newCredential(s, c.options)
	if err != nil {
		diags.AddAttributeError(path.Root(s.credential.attribute()), "The credential cannot be used", sentence(err.Error()))
		return
	}
	if err := c.start(ctx, credential); err != nil {
		diags.Append(signInError(path.Root(s.credential.attribute()), s, err))
	}
}

// attribute names the attribute that the credential came from.
func (c credentialSettings) attribute() string {
	switch {
	case c.certificatePath != "":
		return "client_certificate_path"
	case c.oidcToken != "":
		return "oidc_token"
	case c.oidcTokenFile != "":
		return "oidc_token_file_path"
	}
	return "client_secret"
}

func newCredential(s settings, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	// Instance discovery asks Microsoft's directory, which knows no engine of ours, about
	// the authority; the authority comes from the endpoint that the user configured.
	switch c := s.credential; {
	case c.certificatePath != "":
		data, err := os.ReadFile(c.certificatePath)
		if err != nil {
			return nil, err
		}
		certificates, key, err := azidentity.ParseCertificates(data, []byte(c.certificatePassword))
		if err != nil {
			return nil, fmt.Errorf("read the certificate and private key in %s: %w", c.certificatePath, err)
		}
		return azidentity.NewClientCertificateCredential(s.tenantID, s.clientID, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	case c.oidcToken != "" || c.oidcTokenFile != "":
		return azidentity.NewClientAssertionCredential(s.tenantID, s.clientID, c.assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	default:
		return azidentity.NewClientSecretCredential(s.tenantID, s.clientID, c.secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	}
}

// assertion returns the federated token, from the file each time if there is one, for
// its writer renews it.
func (c credentialSettings) assertion(context.Context) (string, error) {
	if c.oidcTokenFile == "" {
		return c.oidcToken, nil
	}
	text, err := os.ReadFile(c.oidcTokenFile)
	if err != nil {
		return "", fmt.Errorf("read the federated token: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// newHTTPClient returns a client that also trusts the authorities in the file.
func newHTTPClient(caFile string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return &http.Client{Transport: transport}, nil
}

// maxMetadata is the most that is read of the discovery document.
const maxMetadata = 64 << 10

// discover asks the management host for the other hosts of the engine.
func discover(ctx context.Context, client policy.Transporter, endpoint string) (hosts, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/metadata/endpoints?api-version=2022-09-01", nil)
	if err != nil {
		return hosts{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return hosts{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxMetadata))
	if err != nil {
		return hosts{}, err
	}
	if resp.StatusCode != http.StatusOK {
		return hosts{}, fmt.Errorf("the answer to /metadata/endpoints was %s", resp.Status)
	}
	return parseMetadata(text)
}

func parseMetadata(text []byte) (hosts, error) {
	var document struct {
		ResourceManager string `json:"resourceManager"`
		Graph           string `json:"microsoftGraphResourceId"`
		Authentication  struct {
			LoginEndpoint string `json:"loginEndpoint"`
		} `json:"authentication"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return hosts{}, errors.New("the answer to /metadata/endpoints is not that of an engine")
	}
	var h hosts
	for _, part := range []struct {
		to         *string
		name, from string
	}{
		{&h.management, "resourceManager", document.ResourceManager},
		{&h.graph, "microsoftGraphResourceId", document.Graph},
		{&h.login, "authentication.loginEndpoint", document.Authentication.LoginEndpoint},
	} {
		base, err := parseEndpoint(part.from)
		if err != nil {
			return hosts{}, fmt.Errorf("%s of /metadata/endpoints: %w", part.name, err)
		}
		*part.to = base
	}
	return h, nil
}
