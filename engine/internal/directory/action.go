package directory

import (
	"context"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/access"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
)

// The actions of the directory. They are decided by role at the scope "/": Owner there
// has them all, Reader those that end in /read. Every principal may read itself.
//
// Whoever may set a credential of another principal, or put one into a group, can get
// what that principal or group may do. These two actions are therefore named under
// Microsoft.Authorization, whose writes Contributor excludes and User Access
// Administrator, which can grant itself the same anyway, includes.
const (
	actionReadUsers              = "Microsoft.Directory/users/read"
	actionWriteUsers             = "Microsoft.Directory/users/write"
	actionDeleteUsers            = "Microsoft.Directory/users/delete"
	actionReadGroups             = "Microsoft.Directory/groups/read"
	actionWriteGroups            = "Microsoft.Directory/groups/write"
	actionDeleteGroups           = "Microsoft.Directory/groups/delete"
	actionReadApplications       = "Microsoft.Directory/applications/read"
	actionWriteApplications      = "Microsoft.Directory/applications/write"
	actionDeleteApplications     = "Microsoft.Directory/applications/delete"
	actionReadServicePrincipals  = "Microsoft.Directory/servicePrincipals/read"
	actionWriteServicePrincipals = "Microsoft.Directory/servicePrincipals/write"
	actionDeleteServicePrincipal = "Microsoft.Directory/servicePrincipals/delete"
	actionReadObjects            = "Microsoft.Directory/directoryObjects/read"
	actionWriteCredentials       = "Microsoft.Authorization/directoryCredentials/write"
	actionWriteMembers           = "Microsoft.Authorization/directoryMembers/write"
)

// operation is one operation on the directory.
type operation struct {
	name   string // of the audit record, as Entra's audit log has it
	action string
	// and, if set, is required besides action.
	and string
	// collection and target say what it is about.
	collection, target string
	// self allows it to the target itself.
	self bool
}

func (s *Service) gated(op operation, status int) access.Operation {
	return access.Operation{
		Category: audit.CategoryDirectory, Name: op.name, Status: status,
		Authorize: func(snapshot *access.Snapshot, subject *access.Subject, rec *audit.Record) error {
			rec.ResourceID = resourceID(op)
			if op.self && strings.EqualFold(op.target, subject.Caller.ObjectID) {
				rec.Properties.Action = op.action
				return nil
			}
			return authorize(snapshot, subject, op, rec)
		},
	}
}

func authorize(snapshot *access.Snapshot, subject *access.Subject, op operation, rec *audit.Record) error {
	root, err := authz.ParseScope("/")
	if err != nil {
		return err
	}
	for _, action := range []string{op.action, op.and} {
		if action == "" {
			continue
		}
		err := snapshot.AuthorizeManagement(subject, action, root, authz.Attributes{}, rec)
		if fault.Is(err, fault.AuthorizationFailed) {
			return &fault.Error{
				Kind:    fault.GraphForbidden,
				Message: "Insufficient privileges to complete the operation. It needs the action '" + action + "' at the scope '/'.",
				Cause:   err,
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func resourceID(op operation) string {
	id := "/providers/Microsoft.Directory/" + op.collection
	if target, ok := ParseID(op.target); ok {
		id += "/" + target
	}
	return strings.ToUpper(id)
}

func (s *Service) read(ctx context.Context, caller authz.Caller, op operation, act func(Reader) error) error {
	return s.gate.Read(ctx, caller, s.gated(op, 200), func(r Reader, _ *audit.Record) error { return act(r) })
}

// write runs prepare, which checks the input, when it is known that the caller may,
// and then apply in the transaction. Either may be nil.
func (s *Service) write(ctx context.Context, caller authz.Caller, op operation, status int, prepare func() error, apply func(Writer) error) error {
	var before func(context.Context) error
	if prepare != nil {
		before = func(context.Context) error { return prepare() }
	}
	return s.gate.Write(ctx, caller, s.gated(op, status), before, func(w Writer, _ *audit.Record) error { return apply(w) })
}

func notFound(id string) error {
	return fault.New(fault.GraphNotFound, "Resource '%s' does not exist or one of its queried reference-property objects are not present.", clean(id))
}

func invalid(property, reason string) error {
	f := fault.New(fault.GraphBadRequest, "Invalid value specified for property '%s': %s.", property, reason)
	f.Target = property
	return f
}

func conflict(property string) error {
	f := fault.New(fault.GraphConflict, "Another object with the same value for property %s already exists.", property)
	f.Target = property
	return f
}

// clean makes a name from a request fit for a message.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 128 {
		s = strings.ToValidUTF8(s[:128], "")
	}
	return s
}
