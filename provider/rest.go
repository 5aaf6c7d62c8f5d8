package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// restClient speaks JSON to a service that the SDK has no client for, over the same
// pipeline: tokens, retries, telemetry and errors are those of the SDK.
type restClient struct {
	base     string
	pipeline runtime.Pipeline
}

func newRESTClient(base string, credential azcore.TokenCredential, options azcore.ClientOptions) *restClient {
	auth := runtime.NewBearerTokenPolicy(credential, []string{base + "/.default"}, nil)
	return &restClient{
		base:     base,
		pipeline: runtime.NewPipeline("coffer", "v1", runtime.PipelineOptions{PerRetry: []policy.Policy{auth}}, &options),
	}
}

// do sends body, if it is not nil, and decodes the answer into answer, if that is not
// nil. The path is absolute, its parameters escaped by the caller. An answer other than
// 2xx is an *azcore.ResponseError.
func (c *restClient) do(ctx context.Context, method, path string, body, answer any) error {
	target := path
	if !strings.HasPrefix(path, "https://") {
		target = c.base + path
	}
	req, err := runtime.NewRequest(ctx, method, target)
	if err != nil {
		return err
	}
	req.Raw().Header.Set("Accept", "application/json")
	if body != nil {
		if err := runtime.MarshalAsJSON(req, body); err != nil {
			return err
		}
	}
	resp, err := c.pipeline.Do(req)
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return runtime.NewResponseError(resp)
	}
	if answer == nil || resp.StatusCode == http.StatusNoContent {
		runtime.Drain(resp)
		return nil
	}
	return runtime.UnmarshalAsJSON(resp, answer)
}

func (c *restClient) get(ctx context.Context, path string, answer any) error {
	return c.do(ctx, http.MethodGet, path, nil, answer)
}

func (c *restClient) post(ctx context.Context, path string, body, answer any) error {
	return c.do(ctx, http.MethodPost, path, body, answer)
}

func (c *restClient) patch(ctx context.Context, path string, body any) error {
	return c.do(ctx, http.MethodPatch, path, body, nil)
}

func (c *restClient) delete(ctx context.Context, path string) error {
	return c.do(ctx, http.MethodDelete, path, nil, nil)
}

// list gets all pages of a collection and decodes every item into a T. It follows links
// only to the host that it asked.
func list[T any](ctx context.Context, c *restClient, path string) ([]T, error) {
	var all []T
	for path != "" {
		var page struct {
			Value     []T    `json:"value"`
			ODataNext string `json:"@odata.nextLink"`
			Next      string `json:"nextLink"`
		}
		if err := c.get(ctx, path, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		path = page.ODataNext + page.Next
		if path != "" && !strings.HasPrefix(path, c.base+"/") {
			break
		}
	}
	return all, nil
}

// segment escapes a value for use as one segment of a path.
func segment(value string) string { return url.PathEscape(value) }

// quoted returns a value as a string literal of an OData filter, escaped for a query.
func quoted(value string) string {
	return url.QueryEscape("'" + strings.ReplaceAll(value, "'", "''") + "'")
}
