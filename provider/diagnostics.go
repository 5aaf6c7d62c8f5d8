package provider

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// addError reports that something could not be done: what ("create vault \"kv\""), why
// (from the engine's answer), and what to do about it.
func addError(diags *diag.Diagnostics, doing string, err error) {
	diags.Append(diag.NewErrorDiagnostic("Cannot "+doing, explain(err)))
}

// addAttributeError is addError for an error that one attribute settles.
func addAttributeError(diags *diag.Diagnostics, at path.Path, doing string, err error) {
	diags.Append(diag.NewAttributeErrorDiagnostic(at, "Cannot "+doing, explain(err)))
}

// apiError is what an engine's answer says of an error.
type apiError struct {
	status  int
	code    string
	inner   string // the innermost innererror.code
	message string
}

// parseAPIError reads an error of the SDK; it is false for an error that is not an
// answer of an engine.
func parseAPIError(err error) (apiError, bool) {
	var re *azcore.ResponseError
	if !errors.As(err, &re) {
		return apiError{}, false
	}
	e := apiError{status: re.StatusCode, code: re.ErrorCode}
	if re.RawResponse == nil {
		return e, true
	}
	text, err := runtime.Payload(re.RawResponse)
	if err != nil {
		return e, true
	}
	type inner struct {
		Code  string          `json:"code"`
		Inner json.RawMessage `json:"innererror"`
	}
	var body struct {
		Error struct {
			inner
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &body) != nil {
		return e, true
	}
	e.message = body.Error.Message
	if e.code == "" {
		e.code = body.Error.Code
	}
	for raw := body.Error.Inner; len(raw) > 0; {
		var next inner
		if json.Unmarshal(raw, &next) != nil || next.Code == "" {
			break
		}
		e.inner, raw = next.Code, next.Inner
	}
	return e, true
}

// isNotFound reports whether the thing asked for does not exist.
func isNotFound(err error) bool {
	e, ok := parseAPIError(err)
	return ok && e.status == http.StatusNotFound
}

// isConflict reports whether the answer was a conflict.
func isConflict(err error) bool {
	e, ok := parseAPIError(err)
	return ok && e.status == http.StatusConflict
}

// isForbidden reports whether the answer was a refusal.
func isForbidden(err error) bool {
	e, ok := parseAPIError(err)
	return ok && e.status == http.StatusForbidden
}

// hasCode reports whether the error, or its inner error, has the code.
func hasCode(err error, code string) bool {
	e, ok := parseAPIError(err)
	return ok && (strings.EqualFold(e.code, code) || strings.EqualFold(e.inner, code))
}

// explain says why something failed and what to do.
func explain(err error) string {
	var pending *pendingError
	if errors.As(err, &pending) {
		return "The provider cannot be used yet: " + pending.Error() + ". " +
			"Apply what those values come from first, as in terraform apply -target=..., or give them in another way."
	}
	var denied *azidentity.AuthenticationFailedError
	if errors.As(err, &denied) {
		return signInReason(denied) + " " + signInAdvice
	}
	e, ok := parseAPIError(err)
	if !ok {
		return sentence(err.Error()) + " " + connectAdvice(err)
	}
	if e.status == http.StatusForbidden {
		if text, ok := explainForbidden(e); ok {
			return text
		}
	}
	why := sentence(e.message)
	if e.message == "" {
		why = "The engine answered " + strconv.Itoa(e.status) + " " + http.StatusText(e.status) + "."
	}
	why += answered(e)
	if advice := adviceFor(e); advice != "" {
		why += "\n\n" + advice
	}
	return why
}

// answered names the code of an answer, for looking it up.
func answered(e apiError) string {
	code := e.code
	if e.inner != "" {
		code += "/" + e.inner
	}
	return " (" + strings.TrimSpace(strconv.Itoa(e.status)+" "+code) + ")"
}

// advice says what to do about an error, by code or inner code.
var advice = map[string]string{
	"AuthorizationFailed":              "Have the provider's principal given a role that allows this.",
	"SubscriptionNotFound":             "Set subscription_id, in the provider block or in the id, to one that exists.",
	"ResourceGroupNotFound":            "Create the resource group first (coffer_resource_group), and refer to it so that Terraform knows the order.",
	"ResourceNotFound":                 "Check the id. If the thing was deleted outside of Terraform, run terraform plan to see what is to be created again.",
	"VaultAlreadyExists":               "Names of vaults are unique in the whole deployment. Choose another name.",
	"VaultNameNotValid":                "Use 3 to 24 letters, digits and single hyphens, beginning with a letter and ending with a letter or digit.",
	"SoftDeletedVaultDoesNotExist":     "A vault is recovered in the subscription, resource group and location that it was deleted in. Correct those, or choose another name.",
	"RoleAssignmentExists":             "The same principal has this role at this scope already, under another name. Import that assignment, or remove it.",
	"RoleDefinitionDoesNotExist":       "Check role_definition_id: it ends in the UUID of a built-in role or of a custom role of this tenant.",
	"RoleDefinitionWithSameNameExists": "Names of roles are unique in the tenant. Choose another name, or import the role that has it.",
	"RoleDefinitionHasAssignments":     "Remove the assignments of the role first. If they are in this configuration, let them refer to the role so that Terraform knows the order.",
	"PrincipalNotFound":                "Check principal_id: it is the object id of a user, group or service principal, not a client id or an application's object id.",
	"UnmatchedPrincipalType":           "Remove principal_type, or set it to what the principal is.",
	"ObjectIsDeletedButRecoverable":    "Recover the deleted object (on_conflict = \"recover\"), purge it, or choose another name.",
	"ObjectIsBeingDeleted":             "Try again when the deletion has finished.",
	"ConflictError":                    "Something else changed it at the same moment, or a deleted thing still holds the name. Run terraform plan again.",
	"Throttled":                        "Try again later, or lower terraform's -parallelism.",
	"MethodNotAllowed":                 "Purge protection keeps a deleted vault until its retention period is over. Set on_destroy = \"soft_delete\".",
	"SecretDisabled":                   "Enable the secret, or do not read its value.",
	"KeyDisabled":                      "Enable the key first.",
	"Request_ResourceNotFound":         "Check the object id.",
	"Request_BadRequest":               "Correct the attribute that the message names.",
	"InvalidAuthenticationToken":       "Check that the provider's clock is right, and that tenant_id and endpoint belong to the same engine.",
}

func adviceFor(e apiError) string {
	for _, code := range []string{e.inner, e.code} {
		if text := advice[code]; text != "" {
			return text
		}
	}
	switch {
	case e.status == http.StatusUnauthorized:
		return "Sign in again: check client_id and the credential of the provider block."
	case e.status == http.StatusNotImplemented:
		return "This version of the engine does not serve it."
	case e.status >= http.StatusInternalServerError:
		return "The engine failed; its log says why, under the request id of this call. Try again."
	}
	return ""
}

const signInAdvice = "Check client_id, its credential and tenant_id in the provider block or the environment."

// signInError says why the provider could not sign in.
func signInError(at path.Path, s settings, err error) diag.Diagnostic {
	who := "application " + s.clientID
	if s.clientID == "" {
		who = "the operator of the embedded engine"
	}
	var denied *azidentity.AuthenticationFailedError
	if errors.As(err, &denied) {
		return diag.NewAttributeErrorDiagnostic(at, "Sign-in was refused", "Signed in as "+who+" to tenant "+s.tenantID+". "+signInReason(denied)+" "+signInAdvice)
	}
	return diag.NewAttributeErrorDiagnostic(at, "Cannot sign in", "Signed in as "+who+" to tenant "+s.tenantID+". "+explain(err))
}

// signInReason returns what the token endpoint said, without the dump of the request.
func signInReason(denied *azidentity.AuthenticationFailedError) string {
	if denied.RawResponse != nil {
		text, err := runtime.Payload(denied.RawResponse)
		var body struct {
			Description string `json:"error_description"`
		}
		if err == nil && json.Unmarshal(text, &body) == nil && body.Description != "" {
			line, _, _ := strings.Cut(body.Description, "\n")
			return sentence(strings.TrimSpace(line))
		}
	}
	line, _, _ := strings.Cut(denied.Error(), "\n")
	return sentence(line)
}

// connectAdvice says what to do when there was no answer at all.
func connectAdvice(err error) string {
	text := err.Error()
	switch {
	case errors.Is(err, context.Canceled):
		return "The operation was interrupted; run it again."
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "Client.Timeout"):
		return "Nothing answered in time. Check that the engine runs and that nothing between stops the connection."
	case strings.Contains(text, "x509:"):
		return "The certificate is not trusted. Name its certificate authority with ca_file."
	case strings.Contains(text, "no such host"), strings.Contains(text, "connection refused"), strings.Contains(text, "dial tcp"):
		return "Check endpoint, that its hosts resolve from here, and that the engine runs."
	}
	return ""
}

// sentence makes one sentence of an error's text: a capital first, a full stop last.
func sentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return ""
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// quote puts a value in quotes for a message; control characters cannot break it.
func quote(text string) string { return strconv.Quote(text) }
