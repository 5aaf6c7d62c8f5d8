package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// me serves what a caller may know of itself.
func (q *request) me(rest []string) error {
	if len(rest) == 0 && q.method == http.MethodGet {
		o, err := q.dir.Me(q.ctx, q.caller)
		if err != nil {
			return err
		}
		return q.send(http.StatusOK, renderObject(o), nil)
	}
	if len(rest) == 1 {
		return q.memberships(q.caller.ObjectID, rest[0])
	}
	return q.unknown()
}

// users serves /users and what is below it.
func (q *request) users(rest []string) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodGet:
		p, err := q.dir.ListUsers(q.ctx, q.caller, q.query.Query)
		return q.sendList(render(p.Items, renderUser), p.Next, err)
	case len(rest) == 0 && q.method == http.MethodPost:
		in, err := q.readBody().user()
		if err != nil {
			return q.bad(err)
		}
		u, err := q.dir.CreateUser(q.ctx, q.caller, in)
		return q.send(http.StatusCreated, renderUser(u), err)
	case len(rest) == 1:
		return q.user(rest[0])
	case len(rest) == 2 && strings.EqualFold(rest[1], "revokeSignInSessions") && q.method == http.MethodPost:
		return q.send(http.StatusOK, map[string]any{"value": true}, q.dir.RevokeSessions(q.ctx, q.caller, rest[0]))
	case len(rest) == 2:
		return q.memberships(rest[0], rest[1])
	case len(rest) >= 3 && strings.EqualFold(rest[1], "authentication") && strings.EqualFold(rest[2], "softwareOathMethods"):
		return q.secondFactor(rest[0], rest[3:])
	}
	return q.unknown()
}

func (q *request) user(id string) error {
	switch q.method {
	case http.MethodGet:
		u, err := q.dir.GetUser(q.ctx, q.caller, id)
		return q.send(http.StatusOK, renderUser(u), err)
	case http.MethodPatch:
		in, err := q.readBody().user()
		if err != nil {
			return q.bad(err)
		}
		_, err = q.dir.UpdateUser(q.ctx, q.caller, id, in)
		return q.done(err)
	case http.MethodDelete:
		return q.done(q.dir.DeleteUser(q.ctx, q.caller, id))
	}
	return q.unknown()
}

// softwareOath is the id of the one TOTP method that a user can have.
const softwareOath = "softwareOath"

// secondFactor enrols or removes a TOTP secret. The secret is made here: a client
// cannot choose a weak one.
func (q *request) secondFactor(user string, rest []string) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodPost:
		secret, err := q.dir.EnrollSecondFactor(q.ctx, q.caller, user)
		return q.send(http.StatusCreated, map[string]any{
			"@odata.type": "#microsoft.graph.softwareOathAuthenticationMethod", "id": softwareOath, "secretKey": secret.Reveal(),
		}, err)
	case len(rest) == 0 && q.method == http.MethodGet:
		u, err := q.dir.GetUser(q.ctx, q.caller, user)
		var methods []map[string]any
		if u.SecondFactor {
			methods = append(methods, map[string]any{"id": softwareOath, "secretKey": nil})
		}
		return q.sendList(methods, "", err)
	case len(rest) == 1 && rest[0] == softwareOath && q.method == http.MethodDelete:
		return q.done(q.dir.RemoveSecondFactor(q.ctx, q.caller, user))
	}
	return q.unknown()
}

// groups serves /groups and what is below it.
func (q *request) groups(rest []string) error {
	switch {
	case len(rest) == 0 && q.method == http.MethodGet:
		p, err := q.dir.ListGroups(q.ctx, q.caller, q.query.Query)
		return q.sendList(render(p.Items, renderGroup), p.Next, err)
	case len(rest) == 0 && q.method == http.MethodPost:
		in, err := q.readBody().group()
		if err != nil {
			return q.bad(err)
		}
		g, err := q.dir.CreateGroup(q.ctx, q.caller, in)
		return q.send(http.StatusCreated, renderGroup(g), err)
	case len(rest) == 1:
		return q.group(rest[0])
	case len(rest) >= 2 && strings.EqualFold(rest[1], "members"):
		return q.members(rest[0], rest[2:])
	case len(rest) == 2 && strings.EqualFold(rest[1], "transitiveMembers") && q.method == http.MethodGet:
		p, err := q.dir.ListMembers(q.ctx, q.caller, rest[0], true, q.query.Query)
		return q.sendList(render(p.Items, renderObject), p.Next, err)
	case len(rest) >= 2 && strings.EqualFold(rest[1], "owners"):
		return q.owners(rest[0], rest[2:])
	case len(rest) == 2:
		return q.memberships(rest[0], rest[1])
	}
	return q.unknown()
}

func (q *request) group(id string) error {
	switch q.method {
	case http.MethodGet:
		g, err := q.dir.GetGroup(q.ctx, q.caller, id)
		return q.send(http.StatusOK, renderGroup(g), err)
	case http.MethodPatch:
		in, err := q.readBody().group()
		if err == nil && in.Owners != nil {
			err = fault.New(fault.GraphBadRequest, "Invalid property 'owners@odata.bind'.")
		}
		if err != nil {
			return q.bad(err)
		}
		_, err = q.dir.UpdateGroup(q.ctx, q.caller, id, in)
		return q.done(err)
	case http.MethodDelete:
		return q.done(q.dir.DeleteGroup(q.ctx, q.caller, id))
	}
	return q.unknown()
}

// members serves the direct members of a group.
func (q *request) members(group string, rest []string) error {
	switch {
	case q.method == http.MethodGet && (len(rest) == 0 || len(rest) == 1 && rest[0] == "$ref"):
		p, err := q.dir.ListMembers(q.ctx, q.caller, group, false, q.query.Query)
		return q.sendList(render(p.Items, renderObject), p.Next, err)
	case q.method == http.MethodPost && len(rest) == 1 && rest[0] == "$ref":
		id, err := q.reference()
		if err != nil {
			return q.bad(err)
		}
		return q.done(q.dir.AddMember(q.ctx, q.caller, group, id))
	case q.method == http.MethodDelete && len(rest) == 2 && rest[1] == "$ref":
		return q.done(q.dir.RemoveMember(q.ctx, q.caller, group, rest[0]))
	}
	return q.unknown()
}

// owners serves the owners of a group, application or service principal.
func (q *request) owners(id string, rest []string) error {
	switch {
	case q.method == http.MethodGet && (len(rest) == 0 || len(rest) == 1 && rest[0] == "$ref"):
		owners, err := q.dir.ListOwners(q.ctx, q.caller, id)
		return q.sendList(render(owners, renderObject), "", err)
	case q.method == http.MethodPost && len(rest) == 1 && rest[0] == "$ref":
		owner, err := q.reference()
		if err != nil {
			return q.bad(err)
		}
		return q.done(q.dir.AddOwner(q.ctx, q.caller, id, owner))
	case q.method == http.MethodDelete && len(rest) == 2 && rest[1] == "$ref":
		return q.done(q.dir.RemoveOwner(q.ctx, q.caller, id, rest[0]))
	}
	return q.unknown()
}

// reference reads {"@odata.id": "https://.../{id}"}.
func (q *request) reference() (string, error) {
	b := q.readBody()
	address := take[string](b, "@odata.id")
	if b.err == nil && address == nil {
		b.err = fault.New(fault.GraphBadRequest, "The property '@odata.id' is required.")
	}
	return lastSegment(text(address)), b.err
}

// objects serves /directoryObjects.
func (q *request) objects(rest []string) error {
	switch {
	case len(rest) == 1 && strings.EqualFold(strings.TrimPrefix(rest[0], "microsoft.graph."), "getByIds") && q.method == http.MethodPost:
		b := q.readBody()
		ids, names := take[[]string](b, "ids"), take[[]string](b, "types")
		if b.err != nil {
			return q.bad(b.err)
		}
		types := []directory.ObjectType{}
		if names != nil && !slices.Contains(*names, "directoryObject") {
			for _, name := range *names {
				types = append(types, directory.ObjectType(name))
			}
		}
		if ids == nil {
			ids = new([]string)
		}
		objects, err := q.dir.GetByIDs(q.ctx, q.caller, *ids, types)
		return q.sendList(render(objects, renderObject), "", err)
	case len(rest) == 1 && q.method == http.MethodGet:
		o, err := q.dir.GetObject(q.ctx, q.caller, rest[0])
		if err != nil {
			return err
		}
		return q.send(http.StatusOK, renderObject(o), nil)
	case len(rest) == 2:
		return q.memberships(rest[0], rest[1])
	}
	return q.unknown()
}

// memberships serves what any object says of the groups that it is in.
func (q *request) memberships(id, what string) error {
	what = strings.ToLower(strings.TrimPrefix(what, "microsoft.graph."))
	switch {
	case q.method == http.MethodGet && (what == "memberof" || what == "transitivememberof"):
		groups, err := q.dir.MemberOf(q.ctx, q.caller, id, what == "transitivememberof")
		return q.sendList(render(groups, renderObject), "", err)
	case q.method == http.MethodPost && (what == "getmembergroups" || what == "getmemberobjects"):
		ids, err := q.dir.GroupsOf(q.ctx, q.caller, id, nil)
		return q.sendIDs(ids, err)
	case q.method == http.MethodPost && what == "checkmembergroups":
		b := q.readBody()
		among := take[[]string](b, "groupIds")
		if b.err == nil && among == nil {
			b.err = fault.New(fault.GraphBadRequest, "The property 'groupIds' is required.")
		}
		if b.err != nil {
			return q.bad(b.err)
		}
		ids, err := q.dir.GroupsOf(q.ctx, q.caller, id, *among)
		return q.sendIDs(ids, err)
	}
	return q.unknown()
}

func (q *request) sendIDs(ids []string, err error) error {
	return q.send(http.StatusOK, map[string]any{"@odata.context": q.root + "/$metadata#Collection(Edm.String)", "value": list(ids)}, err)
}
