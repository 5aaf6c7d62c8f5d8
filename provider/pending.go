package provider

import (
	"context"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// pendingError answers every request while the provider's configuration holds values
// that are known only after apply. Plans that need no request, such as those of new
// resources, work all the same.
type pendingError struct{ attributes []string }

// Error implements error.
func (e *pendingError) Error() string {
	return "the provider's configuration depends on values that are known only after apply: " + strings.Join(e.attributes, ", ")
}

// NonRetriable keeps the SDK from trying again.
func (e *pendingError) NonRetriable() {}

// Do implements policy.Transporter.
func (e *pendingError) Do(*http.Request) (*http.Response, error) { return nil, e }

// GetToken implements azcore.TokenCredential.
func (e *pendingError) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, e
}

// newPendingClients returns clients that fail every request, naming the attributes.
func newPendingClients(attributes []string) *clients {
	e := &pendingError{attributes}
	const nowhere = "https://not-known-yet.invalid"
	c := newClients(hosts{login: nowhere, management: nowhere, graph: nowhere}, e, "pending")
	c.pending = attributes
	c.credential = e
	c.graphREST = newRESTClient(nowhere, e, c.options)
	c.manageREST = newRESTClient(nowhere, e, c.options)
	return c
}
