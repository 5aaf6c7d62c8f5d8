package store

import (
	"encoding/json"
	"fmt"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/directory"
)

// redirects is the form of the column of that name.
type redirects struct {
	Web    []string `json:"web,omitempty"`
	SPA    []string `json:"spa,omitempty"`
	Public []string `json:"public,omitempty"`
}

const selectApplication = "SELECT id, app_id, display_name, public_client, redirects, created, extra FROM applications"

func scanApplication(scan func(...any) error) (directory.Application, error) {
	var a directory.Application
	var created int64
	var uris, extra string
	if err := scan(&a.ID, &a.AppID, &a.DisplayName, &a.PublicClient, &uris, &created, &extra); err != nil {
		return directory.Application{}, err
	}
	var to redirects
	err := json.Unmarshal([]byte(uris), &to)
	if err != nil {
		return directory.Application{}, fmt.Errorf("read redirect URIs: %w", err)
	}
	a.WebRedirectURIs, a.SPARedirectURIs, a.PublicRedirectURIs = to.Web, to.SPA, to.Public
	a.Created = seconds(created)
	a.Extra, err = decodeExtra(extra)
	return a, err
}

// complete reads what is in other tables.
func (v *View) complete(a directory.Application) (directory.Application, error) {
	var err error
	if a.IdentifierURIs, err = v.texts("SELECT uri FROM identifier_uris WHERE application_id = ? ORDER BY uri", a.ID); err != nil {
		return a, err
	}
	a.Credentials, err = v.Credentials(a.ID)
	return a, err
}

func (v *View) application(where string, arg string) (directory.Application, bool, error) {
	a, err := scanApplication(v.s.row(selectApplication+where, arg).Scan)
	a, ok, err := found(a, err, "read application")
	if err == nil && ok {
		a, err = v.complete(a)
	}
	return a, ok && err == nil, err
}

// Application returns the application with the object id.
func (v *View) Application(id string) (directory.Application, bool, error) {
	return v.application(" WHERE id = ?", id)
}

// ApplicationByAppID returns the application with the application (client) id.
func (v *View) ApplicationByAppID(appID string) (directory.Application, bool, error) {
	return v.application(" WHERE app_id = ?", fold(appID))
}

// ApplicationByURI returns the application with the identifier URI.
func (v *View) ApplicationByURI(uri string) (directory.Application, bool, error) {
	return v.application(" WHERE id = (SELECT application_id FROM identifier_uris WHERE uri_key = ?)", fold(uri))
}

// Applications returns the applications that q selects.
func (v *View) Applications(q directory.Query) ([]directory.Application, error) {
	where, args, err := selection(q, directory.TypeApplication)
	if err != nil {
		return nil, err
	}
	var list []directory.Application
	err = v.list(selectApplication+where, args, func(scan func(...any) error) error {
		a, err := scanApplication(scan)
		list = append(list, a)
		return err
	})
	for i := range list {
		if err == nil {
			list[i], err = v.complete(list[i])
		}
	}
	return list, err
}

func (tx *Tx) putURIs(a directory.Application) error {
	if err := tx.s.exec("DELETE FROM identifier_uris WHERE application_id = ?", a.ID); err != nil {
		return wrapped(err, "replace identifier URIs")
	}
	for _, uri := range a.IdentifierURIs {
		err := tx.s.exec("INSERT INTO identifier_uris (uri_key, uri, application_id) VALUES (?, ?, ?)", fold(uri), uri, a.ID)
		if err != nil {
			return wrapped(err, "replace identifier URIs")
		}
	}
	return nil
}

func applicationColumns(a directory.Application) (uris, extra string, err error) {
	data, err := json.Marshal(redirects{a.WebRedirectURIs, a.SPARedirectURIs, a.PublicRedirectURIs})
	if err != nil {
		return "", "", err
	}
	extra, err = encodeExtra(a.Extra)
	return string(data), extra, err
}

// InsertApplication adds an application, without credentials.
func (tx *Tx) InsertApplication(a directory.Application) error {
	uris, extra, err := applicationColumns(a)
	if err != nil {
		return err
	}
	err = tx.s.exec("INSERT INTO applications (id, app_id, display_name, name_key, public_client, redirects, created, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		a.ID, a.AppID, a.DisplayName, fold(a.DisplayName), a.PublicClient, uris, a.Created.Unix(), extra)
	if err != nil {
		return wrapped(err, "add application")
	}
	return tx.putURIs(a)
}

// UpdateApplication stores what a says, but for its credentials.
func (tx *Tx) UpdateApplication(a directory.Application) error {
	uris, extra, err := applicationColumns(a)
	if err != nil {
		return err
	}
	err = tx.s.exec("UPDATE applications SET display_name = ?, name_key = ?, public_client = ?, redirects = ?, extra = ? WHERE id = ?",
		a.DisplayName, fold(a.DisplayName), a.PublicClient, uris, extra, a.ID)
	if err != nil {
		return wrapped(err, "update application")
	}
	return tx.putURIs(a)
}

// DeleteApplication deletes an application with its credentials and what was granted
// to users through it.
func (tx *Tx) DeleteApplication(id string) error {
	if err := tx.forget(id); err != nil {
		return err
	}
	if err := tx.s.exec("DELETE FROM login_grants WHERE app_id = (SELECT app_id FROM applications WHERE id = ?)", id); err != nil {
		return wrapped(err, "delete sign-ins of an application")
	}
	return wrapped(tx.s.exec("DELETE FROM applications WHERE id = ?", id), "delete application")
}

// FederatedCredentials returns the federated identity credentials of the application.
func (v *View) FederatedCredentials(applicationID string) ([]directory.FederatedCredential, error) {
	var list []directory.FederatedCredential
	err := v.s.each(`SELECT id, application_id, name, issuer, subject, audiences, description
		FROM federated_credentials WHERE application_id = ? ORDER BY id`, []any{applicationID}, func(scan func(...any) error) error {
		var c directory.FederatedCredential
		var audiences string
		if err := scan(&c.ID, &c.ApplicationID, &c.Name, &c.Issuer, &c.Subject, &audiences, &c.Description); err != nil {
			return err
		}
		list = append(list, c)
		return json.Unmarshal([]byte(audiences), &list[len(list)-1].Audiences)
	})
	return list, wrapped(err, "read federated identity credentials")
}

// PutFederatedCredential adds or replaces one by its id.
func (tx *Tx) PutFederatedCredential(c directory.FederatedCredential) error {
	audiences, err := json.Marshal(c.Audiences)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec(`INSERT INTO federated_credentials (id, application_id, name, issuer, subject, audiences, description)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject,
			audiences = excluded.audiences, description = excluded.description`,
		c.ID, c.ApplicationID, c.Name, c.Issuer, c.Subject, string(audiences), c.Description), "put federated identity credential")
}

// DeleteFederatedCredential removes one.
func (tx *Tx) DeleteFederatedCredential(applicationID, id string) (bool, error) {
	n, err := tx.s.changed("DELETE FROM federated_credentials WHERE application_id = ? AND id = ?", applicationID, id)
	return n > 0, wrapped(err, "delete federated identity credential")
}

const selectServicePrincipal = "SELECT id, app_id, display_name, enabled, created, extra FROM service_principals"

func scanServicePrincipal(scan func(...any) error) (directory.ServicePrincipal, error) {
	var p directory.ServicePrincipal
	var created int64
	var extra string
	if err := scan(&p.ID, &p.AppID, &p.DisplayName, &p.Enabled, &created, &extra); err != nil {
		return directory.ServicePrincipal{}, err
	}
	var err error
	p.Created = seconds(created)
	p.Extra, err = decodeExtra(extra)
	return p, err
}

func (v *View) completePrincipal(p directory.ServicePrincipal) (directory.ServicePrincipal, error) {
	var err error
	p.IdentifierURIs, err = v.texts(`SELECT u.uri FROM identifier_uris u JOIN applications a ON a.id = u.application_id
		WHERE a.app_id = ? ORDER BY u.uri`, p.AppID)
	if err != nil {
		return p, err
	}
	p.Credentials, err = v.Credentials(p.ID)
	return p, err
}

func (v *View) servicePrincipal(where string, arg string) (directory.ServicePrincipal, bool, error) {
	p, err := scanServicePrincipal(v.s.row(selectServicePrincipal+where, arg).Scan)
	p, ok, err := found(p, err, "read service principal")
	if err == nil && ok {
		p, err = v.completePrincipal(p)
	}
	return p, ok && err == nil, err
}

// ServicePrincipal returns the service principal with the object id.
func (v *View) ServicePrincipal(id string) (directory.ServicePrincipal, bool, error) {
	return v.servicePrincipal(" WHERE id = ?", id)
}

// ServicePrincipalByAppID returns the service principal of the application (client) id.
func (v *View) ServicePrincipalByAppID(appID string) (directory.ServicePrincipal, bool, error) {
	return v.servicePrincipal(" WHERE app_id = ?", fold(appID))
}

// ServicePrincipals returns the service principals that q selects.
func (v *View) ServicePrincipals(q directory.Query) ([]directory.ServicePrincipal, error) {
	where, args, err := selection(q, directory.TypeServicePrincipal)
	if err != nil {
		return nil, err
	}
	var list []directory.ServicePrincipal
	err = v.list(selectServicePrincipal+where, args, func(scan func(...any) error) error {
		p, err := scanServicePrincipal(scan)
		list = append(list, p)
		return err
	})
	for i := range list {
		if err == nil {
			list[i], err = v.completePrincipal(list[i])
		}
	}
	return list, err
}

// InsertServicePrincipal adds a service principal.
func (tx *Tx) InsertServicePrincipal(p directory.ServicePrincipal) error {
	extra, err := encodeExtra(p.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec("INSERT INTO service_principals (id, app_id, display_name, name_key, enabled, created, extra) VALUES (?, ?, ?, ?, ?, ?, ?)",
		p.ID, p.AppID, p.DisplayName, fold(p.DisplayName), p.Enabled, p.Created.Unix(), extra), "add service principal")
}

// UpdateServicePrincipal stores what p says.
func (tx *Tx) UpdateServicePrincipal(p directory.ServicePrincipal) error {
	extra, err := encodeExtra(p.Extra)
	if err != nil {
		return err
	}
	return wrapped(tx.s.exec("UPDATE service_principals SET display_name = ?, name_key = ?, enabled = ?, extra = ? WHERE id = ?",
		p.DisplayName, fold(p.DisplayName), p.Enabled, extra, p.ID), "update service principal")
}

// DeleteServicePrincipal deletes a service principal with its memberships.
func (tx *Tx) DeleteServicePrincipal(id string) error {
	if err := tx.forget(id); err != nil {
		return err
	}
	return wrapped(tx.s.exec("DELETE FROM service_principals WHERE id = ?", id), "delete service principal")
}

// Credentials returns the credentials of an application or service principal.
func (v *View) Credentials(ownerID string) ([]directory.Credential, error) {
	var list []directory.Credential
	err := v.s.each(`SELECT owner_id, key_id, kind, display_name, hint, starts, ends, salt, hash, certificate, identifier
		FROM credentials WHERE owner_id = ? ORDER BY key_id`, []any{ownerID}, func(scan func(...any) error) error {
		var c directory.Credential
		var starts, ends int64
		err := scan(&c.OwnerID, &c.KeyID, &c.Kind, &c.DisplayName, &c.Hint, &starts, &ends, &c.Salt, &c.Hash, &c.Certificate, &c.Identifier)
		c.Start, c.End = seconds(starts), seconds(ends)
		list = append(list, c)
		return err
	})
	return list, wrapped(err, "read credentials")
}

// InsertCredential adds a credential.
func (tx *Tx) InsertCredential(c directory.Credential) error {
	return wrapped(tx.s.exec(`INSERT INTO credentials (owner_id, key_id, kind, display_name, hint, starts, ends, salt, hash, certificate, identifier)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.OwnerID, c.KeyID, string(c.Kind), c.DisplayName, c.Hint, c.Start.Unix(), c.End.Unix(), c.Salt, c.Hash, c.Certificate, c.Identifier), "add credential")
}

// DeleteCredential removes a credential.
func (tx *Tx) DeleteCredential(ownerID, keyID string) (bool, error) {
	n, err := tx.s.changed("DELETE FROM credentials WHERE owner_id = ? AND key_id = ?", ownerID, keyID)
	return n > 0, wrapped(err, "delete credential")
}
