package armplane

import (
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/resource"
)

// The project's own API. It has no api-version: the version is in the path.
var cofferRoutes = []route{
	{method: "GET", pattern: "coffer/v1/effective-access", family: unversioned, handle: effectiveAccess},
	{method: "GET", pattern: "coffer/v1/migrate-to-rbac", family: unversioned, handle: migrateToRBAC},
}

type principalBody struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	AppID   string `json:"appId,omitempty"`
	Enabled bool   `json:"enabled"`
}

type stepBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// grantBody is one reason why somebody may, or might, do something.
type grantBody struct {
	Kind             string     `json:"kind"`
	AssignmentID     string     `json:"roleAssignmentId,omitempty"`
	RoleDefinitionID string     `json:"roleDefinitionId,omitempty"`
	RoleName         string     `json:"roleName,omitempty"`
	Condition        string     `json:"condition,omitempty"`
	ApplicationID    string     `json:"applicationId,omitempty"`
	Permissions      []string   `json:"permissions,omitempty"`
	Scope            string     `json:"scope"`
	PrincipalID      string     `json:"principalId"`
	Path             []stepBody `json:"groupPath"`
	Reason           string     `json:"reason,omitempty"`
}

type accessBody struct {
	Principal   principalBody `json:"principal"`
	Allowed     bool          `json:"allowed"`
	Grants      []grantBody   `json:"grants"`
	Conditional []grantBody   `json:"conditional"`
	Elsewhere   []grantBody   `json:"elsewhere"`
	Missing     string        `json:"missing,omitempty"`
}

type roleHintBody struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Actions     int    `json:"actions"`
	Conditional bool   `json:"conditional,omitempty"`
}

type wayBody struct {
	Action  string      `json:"action"`
	Meaning string      `json:"meaning"`
	Grants  []grantBody `json:"grants"`
}

type selfGrantBody struct {
	Principal principalBody `json:"principal"`
	Ways      []wayBody     `json:"ways"`
}

// effectiveBody answers for one principal with subject, for everyone with who and
// couldGrantThemselves.
type effectiveBody struct {
	Scope      string           `json:"scope"`
	Action     string           `json:"action"`
	DataAction bool             `json:"dataAction"`
	Model      string           `json:"model"`
	Permission string           `json:"permission,omitempty"`
	Subject    *accessBody      `json:"subject,omitempty"`
	Who        *[]accessBody    `json:"who,omitempty"`
	SelfGrants *[]selfGrantBody `json:"couldGrantThemselves,omitempty"`
	LeastRoles []roleHintBody   `json:"leastRoles"`
	Truncated  bool             `json:"truncated,omitempty"`
}

func principal(p *resource.Principal) principalBody {
	return principalBody{ID: p.ID, Type: string(p.Type), Name: p.Name, AppID: p.AppID, Enabled: p.Enabled}
}

func grant(g *resource.Grant) grantBody {
	return grantBody{
		Kind: g.Kind, AssignmentID: g.AssignmentID, RoleDefinitionID: g.RoleID, RoleName: g.RoleName, Condition: g.Condition,
		ApplicationID: g.ApplicationID, Permissions: g.Permissions, Scope: g.Scope, PrincipalID: g.PrincipalID,
		Path: each(g.Path, func(s *resource.Step) stepBody { return stepBody{s.ID, s.Name} }), Reason: g.Reason,
	}
}

func accessAnswer(a *resource.Access) accessBody {
	return accessBody{
		Principal: principal(&a.Principal), Allowed: a.Allowed, Grants: each(a.Grants, grant),
		Conditional: each(a.Conditional, grant), Elsewhere: each(a.Elsewhere, grant), Missing: a.Missing,
	}
}

func effectiveAnswer(e *resource.Effective) effectiveBody {
	body := effectiveBody{
		Scope: e.Scope, Action: e.Action, DataAction: e.Data, Model: e.Model, Permission: e.Permission, Truncated: e.Truncated,
		LeastRoles: each(e.LeastRoles, func(r *resource.RoleHint) roleHintBody {
			return roleHintBody{r.ID, r.Name, r.Actions, r.Conditional}
		}),
	}
	if e.Subject != nil {
		subject := accessAnswer(e.Subject)
		body.Subject = &subject
		return body
	}
	who := each(e.Who, accessAnswer)
	could := each(e.SelfGrants, func(s *resource.SelfGrant) selfGrantBody {
		return selfGrantBody{principal(&s.Principal), each(s.Ways, func(w *resource.Way) wayBody {
			return wayBody{w.Action, w.Meaning, each(w.Grants, grant)}
		})}
	})
	body.Who, body.SelfGrants = &who, &could
	return body
}

func effectiveAccess(c *call) (reply, error) {
	q := resource.Question{
		Scope: c.query("scope"), Action: c.query("action"), PrincipalID: strings.ToLower(c.query("principalId")),
		ApplicationID: c.query("applicationId"), Permission: c.query("permission"),
	}
	switch text := strings.ToLower(c.query("dataAction")); text {
	case "":
	case "true", "false":
		data := text == "true"
		q.Data = &data
	default:
		return c.reject("Microsoft.Authorization/roleAssignments/read", q.Scope, fault.New(fault.BadRequest, "The parameter 'dataAction' must be true or false."))
	}
	if q.Scope == "" {
		return c.refuse(fault.New(fault.BadRequest, "The parameter 'scope' is missing."))
	}
	e, err := c.resource.EffectiveAccess(c.r.Context(), c.caller, q)
	return done(effectiveAnswer(&e), err)
}

func migrateToRBAC(c *call) (reply, error) {
	vault := c.query("vault")
	if vault == "" {
		return c.refuse(fault.New(fault.BadRequest, "The parameter 'vault' is missing."))
	}
	m, err := c.resource.MigrationPlan(c.r.Context(), c.caller, vault)
	return done(map[string]any{
		"vaultId": m.VaultID,
		"assignments": each(m.Assignments, func(a *resource.PlannedAssignment) map[string]any {
			return map[string]any{
				"principal": principal(&a.Principal), "roleDefinitionId": a.RoleID, "roleName": a.RoleName, "for": notNil(a.For), "gained": notNil(a.Gained),
			}
		}),
		"lost": each(m.Lost, func(l *resource.LostPermission) map[string]any {
			return map[string]any{"objectId": l.ObjectID, "applicationId": l.ApplicationID, "permissions": notNil(l.Permissions), "reason": l.Reason}
		}),
		"terraform": m.Terraform,
	}, err)
}
