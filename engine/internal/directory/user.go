package directory

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// UserInput is what a request says of a user; nil means that it does not say.
type UserInput struct {
	UPN          *string
	DisplayName  *string
	Mail         *string
	MailNickname *string
	Enabled      *bool
	Password     *sensitive.String
	ForceChange  *bool
	Extra        Extra
}

// Limits of text properties.
const (
	maxName  = 256
	maxExtra = 64 << 10
)

// upnPattern is what Entra allows in a user principal name. It is ASCII only, so that
// no two names look or fold alike.
var upnPattern = regexp.MustCompile(`^[A-Za-z0-9'._!#^~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// CanonicalUPN returns the form in which a user principal name is compared; ok is
// false for text that cannot be one.
func CanonicalUPN(upn string) (canonical string, ok bool) {
	if len(upn) > 113 || !upnPattern.MatchString(upn) {
		return "", false
	}
	return strings.ToLower(upn), true
}

// CreateUser creates a user. It needs a name, a display name and a password.
func (s *Service) CreateUser(ctx context.Context, caller authz.Caller, in UserInput) (User, error) {
	u := User{ID: NewID(), Enabled: true}
	var hash string
	op := operation{name: "Add user", action: actionWriteUsers, collection: "users", target: u.ID}
	prepare := func() error {
		switch {
		case in.UPN == nil:
			return invalid("userPrincipalName", "it is required")
		case in.DisplayName == nil:
			return invalid("displayName", "it is required")
		case in.Password == nil:
			return invalid("passwordProfile", "it is required")
		}
		if err := in.applyTo(&u); err != nil {
			return err
		}
		if err := CheckPolicy(*in.Password); err != nil {
			return err
		}
		hash = HashPassword(*in.Password)
		return nil
	}
	err := s.write(ctx, caller, op, 201, prepare, func(w Writer) error {
		if _, taken, err := w.UserByUPN(u.UPN); err != nil || taken {
			return orConflict(err, "userPrincipalName")
		}
		u.Created, u.HasPassword = w.Now(), true
		return w.InsertUser(u, hash)
	})
	return u, err
}

func orConflict(err error, property string) error {
	if err != nil {
		return err
	}
	return conflict(property)
}

// GetUser returns the user with the object id or user principal name.
func (s *Service) GetUser(ctx context.Context, caller authz.Caller, idOrUPN string) (User, error) {
	var u User
	op := operation{name: "Get user", action: actionReadUsers, collection: "users", target: idOrUPN, self: true}
	err := s.read(ctx, caller, op, func(r Reader) (err error) {
		u, err = findUser(r, idOrUPN)
		return err
	})
	return u, err
}

func findUser(r Reader, idOrUPN string) (User, error) {
	var u User
	var found bool
	var err error
	if id, ok := ParseID(idOrUPN); ok {
		u, found, err = r.User(id)
	} else if upn, ok := CanonicalUPN(idOrUPN); ok {
		u, found, err = r.UserByUPN(upn)
	}
	if err == nil && !found {
		err = notFound(idOrUPN)
	}
	return u, err
}

// ListUsers returns a page of the users.
func (s *Service) ListUsers(ctx context.Context, caller authz.Caller, q Query) (Page[User], error) {
	var p Page[User]
	op := operation{name: "List users", action: actionReadUsers, collection: "users"}
	err := s.read(ctx, caller, op, func(r Reader) error {
		if err := checkQuery(&q, TypeUser); err != nil {
			return err
		}
		users, err := r.Users(more(q))
		p = page(users, q.Limit, func(u User) string { return u.ID })
		return err
	})
	return p, err
}

// more asks for one more than the page holds, to know whether there is another.
func more(q Query) Query {
	q.Limit++
	return q
}

// UpdateUser changes what in says. Nobody can disable themselves. A new password, and
// disabling, end the sign-ins made before.
func (s *Service) UpdateUser(ctx context.Context, caller authz.Caller, idOrUPN string, in UserInput) (User, error) {
	var u User
	var hash string
	op := operation{name: "Update user", action: actionWriteUsers, collection: "users", target: idOrUPN}
	if in.Password != nil || in.ForceChange != nil {
		op.name, op.and = "Reset user password", actionWriteCredentials
	}
	prepare := func() error {
		var scratch User
		if err := in.applyTo(&scratch); err != nil || in.Password == nil {
			return err
		}
		if err := CheckPolicy(*in.Password); err != nil {
			return err
		}
		hash = HashPassword(*in.Password)
		return nil
	}
	err := s.write(ctx, caller, op, 204, prepare, func(w Writer) (err error) {
		if u, err = findUser(w, idOrUPN); err != nil {
			return err
		}
		wasEnabled := u.Enabled
		if err = in.applyTo(&u); err != nil {
			return err
		}
		if wasEnabled && !u.Enabled {
			if u.ID == caller.ObjectID {
				return fault.New(fault.GraphBadRequest, "You cannot disable the account that you are signed in with.")
			}
			u.SessionsFrom = w.Now()
		}
		if other, taken, err := w.UserByUPN(u.UPN); err != nil || taken && other.ID != u.ID {
			return orConflict(err, "userPrincipalName")
		}
		if in.Password != nil {
			u.HasPassword, u.SessionsFrom = true, w.Now()
			if err := w.SetPassword(u.ID, hash, u.ForceChange, u.SessionsFrom); err != nil {
				return err
			}
		}
		return w.UpdateUser(u)
	})
	return u, err
}

// DeleteUser deletes a user, its memberships and its sign-ins. Nobody can delete
// themselves.
func (s *Service) DeleteUser(ctx context.Context, caller authz.Caller, idOrUPN string) error {
	op := operation{name: "Delete user", action: actionDeleteUsers, collection: "users", target: idOrUPN}
	return s.write(ctx, caller, op, 204, nil, func(w Writer) error {
		u, err := findUser(w, idOrUPN)
		if err != nil {
			return err
		}
		if u.ID == caller.ObjectID {
			return fault.New(fault.GraphBadRequest, "You cannot delete the account that you are signed in with.")
		}
		return w.DeleteUser(u.ID)
	})
}

// RevokeSessions ends all sign-ins of the user: no refresh token of before is good.
// Users may do it for themselves.
func (s *Service) RevokeSessions(ctx context.Context, caller authz.Caller, idOrUPN string) error {
	op := operation{name: "Revoke user sessions", action: actionWriteUsers, collection: "users", target: idOrUPN, self: true}
	return s.write(ctx, caller, op, 200, nil, func(w Writer) error {
		u, err := findUser(w, idOrUPN)
		if err != nil {
			return err
		}
		u.SessionsFrom = w.Now()
		return w.UpdateUser(u)
	})
}

func (in UserInput) applyTo(u *User) error {
	if in.UPN != nil {
		if _, ok := CanonicalUPN(*in.UPN); !ok {
			return invalid("userPrincipalName", "it must have the form name@domain, of letters, digits and '._-!#^~")
		}
		u.UPN = *in.UPN
	}
	if err := setName(&u.DisplayName, in.DisplayName, "displayName"); err != nil {
		return err
	}
	if err := setText(&u.Mail, in.Mail, "mail"); err != nil {
		return err
	}
	if err := setText(&u.MailNickname, in.MailNickname, "mailNickname"); err != nil {
		return err
	}
	if in.Enabled != nil {
		u.Enabled = *in.Enabled
	}
	if in.ForceChange != nil {
		u.ForceChange = *in.ForceChange
	}
	return setExtra(&u.Extra, in.Extra, userExtra)
}

// setName is setText for a property that must not be empty.
func setName(to *string, from *string, property string) error {
	if from != nil && strings.TrimSpace(*from) == "" {
		return invalid(property, "it must not be empty")
	}
	return setText(to, from, property)
}

func setText(to *string, from *string, property string) error {
	if from == nil {
		return nil
	}
	if utf8.RuneCountInString(*from) > maxName || !utf8.ValidString(*from) || strings.ContainsFunc(*from, isControl) {
		return invalid(property, "it must be at most 256 characters without control characters")
	}
	*to = *from
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// The properties that are kept without meaning, by type of object.
var (
	userExtra = []string{
		"ageGroup", "businessPhones", "city", "companyName", "consentProvidedForMinor", "country", "department",
		"employeeHireDate", "employeeId", "employeeOrgData", "employeeType", "faxNumber", "givenName", "jobTitle",
		"mobilePhone", "officeLocation", "onPremisesImmutableId", "otherMails", "passwordPolicies", "postalCode",
		"preferredLanguage", "showInAddressList", "state", "streetAddress", "surname", "usageLocation", "userType",
	}
	groupExtra = []string{
		"classification", "groupTypes", "isAssignableToRole", "mailEnabled", "preferredDataLocation",
		"preferredLanguage", "securityEnabled", "theme", "visibility",
	}
	applicationExtra = []string{
		"api", "appRoles", "description", "groupMembershipClaims", "info", "isDeviceOnlyAuthSupported", "notes",
		"oauth2RequirePostResponse", "optionalClaims", "parentalControlSettings", "requiredResourceAccess",
		"samlMetadataUrl", "serviceManagementReference", "signInAudience", "tags", "web",
	}
	servicePrincipalExtra = []string{
		"alternativeNames", "appRoleAssignmentRequired", "appRoles", "description", "homepage", "info", "loginUrl",
		"logoutUrl", "notes", "notificationEmailAddresses", "preferredSingleSignOnMode", "replyUrls", "samlMetadataUrl",
		"samlSingleSignOnSettings", "servicePrincipalType", "tags",
	}
)

// setExtra merges from into to. A property that is not kept is refused unless its
// value is null, which changes nothing.
func setExtra(to *Extra, from Extra, allowed []string) error {
	if len(from) == 0 {
		return nil
	}
	merged, size := Extra{}, 0
	for name, value := range *to {
		merged[name] = value
	}
	for name, value := range from {
		null := string(value) == "null"
		if !slices.Contains(allowed, name) {
			if null {
				continue
			}
			return fault.New(fault.GraphBadRequest, "Invalid property '%s'.", clean(name))
		}
		if delete(merged, name); !null {
			merged[name] = json.RawMessage(slices.Clone(value))
		}
	}
	for name, value := range merged {
		size += len(name) + len(value)
	}
	if size > maxExtra {
		return fault.New(fault.GraphBadRequest, "The properties of the object are larger than %d bytes.", maxExtra)
	}
	*to = merged
	return nil
}

// CheckPolicy refuses what may not be a password. The rules are Entra's for cloud
// accounts, but for its limit of 256 characters, which here is one of bytes.
func CheckPolicy(p sensitive.String) error {
	text := p.Reveal()
	var lower, upper, digit, other int
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			lower = 1
		case r >= 'A' && r <= 'Z':
			upper = 1
		case r >= '0' && r <= '9':
			digit = 1
		default:
			other = 1
		}
	}
	if utf8.RuneCountInString(text) < 8 || len(text) > 256 || !utf8.ValidString(text) || lower+upper+digit+other < 3 {
		return &fault.Error{
			Kind:    fault.GraphBadRequest,
			Message: "The specified password does not comply with password complexity requirements: 8 to 256 characters, of three of the kinds lower case, upper case, digit, symbol. Please provide a different password.",
			Target:  "passwordProfile",
		}
	}
	return nil
}
