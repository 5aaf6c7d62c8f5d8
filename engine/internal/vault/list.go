package vault

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/audit"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/authz"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// MaxPage is the number of items of a page if the request names none, and the greatest
// that it may name.
const MaxPage = 25

// Page says which part of a list is wanted.
type Page struct {
	// Size is 1 to MaxPage; 0 means MaxPage.
	Size int
	// Token is the Next of the page before; empty for the first.
	Token string
}

// List is a page of a list. Next is empty on the last page.
type List struct {
	Items []Item
	Next  string
}

// List returns the live objects of a kind in the order of their names, each with its
// current version.
func (s *Service) List(ctx context.Context, caller authz.Caller, kind Kind, ref Ref, page Page) (List, error) {
	return s.list(ctx, caller, kind, verbList, ref, page)
}

// ListDeleted returns the deleted objects of a kind in the order of their names.
func (s *Service) ListDeleted(ctx context.Context, caller authz.Caller, kind Kind, ref Ref, page Page) (List, error) {
	return s.list(ctx, caller, kind, verbListDeleted, ref, page)
}

// ListVersions returns the versions of a live object in the order of their ids. There
// are none of an object that does not exist.
func (s *Service) ListVersions(ctx context.Context, caller authz.Caller, kind Kind, ref Ref, page Page) (List, error) {
	return s.list(ctx, caller, kind, verbListVersions, ref, page)
}

func (s *Service) list(ctx context.Context, caller authz.Caller, kind Kind, verb string, ref Ref, page Page) (List, error) {
	c := s.beginVerb(ctx, caller, kind, verb, ref)
	if page.Size == 0 {
		page.Size = MaxPage
	}
	if page.Size < 0 || page.Size > MaxPage {
		c.reject(fault.New(fault.BadParameter, "The query parameter 'maxresults' must be a number from 1 to %d.", MaxPage))
	}
	if len(page.Token) > maxToken {
		c.reject(errToken())
	}
	var out List
	err := s.gate.Read(ctx, caller, c.operation(), func(r Reader, _ *audit.Record) error {
		after, err := c.openToken(r, page.Token)
		if err != nil {
			return err
		}
		items, err := c.items(r, verb, after, page.Size+1)
		if err != nil {
			return err
		}
		if len(items) > page.Size {
			items = items[:page.Size]
			last := &items[page.Size-1]
			marker, _ := fold(last.Name)
			if verb == verbListVersions {
				marker = last.Version
			}
			if out.Next, err = c.sealToken(r, marker); err != nil {
				return err
			}
		}
		out.Items = items
		return nil
	})
	return out, err
}

// items reads up to limit items that follow the marker after.
func (c *call) items(r Reader, verb, after string, limit int) ([]Item, error) {
	now := unix(r.Now())
	if verb != verbListVersions {
		entries, err := r.Objects(c.vault.ID, c.rule.kind, verb == verbListDeleted, now, after, limit)
		if err != nil {
			return nil, err
		}
		items := make([]Item, 0, len(entries))
		for i := range entries {
			items = append(items, newItem(c.vault, &entries[i].Object, &entries[i].Version))
		}
		return items, nil
	}
	o, found, err := r.Object(c.vault.ID, c.rule.kind, c.fold)
	if err != nil || !found || o.Deleted != 0 {
		return nil, err
	}
	versions, err := r.Versions(o.ID, after, limit, false)
	if err != nil {
		return nil, err
	}
	if o.RotateAt != 0 && o.RotateAt <= now {
		var made Version
		if o, made, err = c.findKey(r); err != nil {
			return nil, err
		}
		versions = merge(versions, made, after, limit)
	}
	items := make([]Item, 0, len(versions))
	for i := range versions {
		items = append(items, newItem(c.vault, &o, &versions[i]))
	}
	return items, nil
}

// merge adds a version that was made after the snapshot to a page of it.
func merge(versions []Version, made Version, after string, limit int) []Version {
	at, found := slices.BinarySearchFunc(versions, made.ID, func(v Version, id string) int { return strings.Compare(v.ID, id) })
	if found || made.ID <= after || at == limit {
		return versions
	}
	versions = slices.Insert(versions, at, made)
	return versions[:min(len(versions), limit)]
}

// maxToken bounds a token: the longest name, sealed and encoded.
const maxToken = 512

func errToken() error {
	return fault.New(fault.BadParameter, "The query parameter '$skiptoken' is not valid.")
}

// tokenAD binds a token to the list that it continues.
func (c *call) tokenAD() seal.AD {
	return seal.AD{Kind: "skiptoken", Name: string(c.op), Version: c.fold}
}

// A token is the marker, that is the folded name or the version id of the last item,
// sealed with the vault's data key: it cannot be made up, nor used for another list.
func (c *call) sealToken(r Reader, marker string) (string, error) {
	key, err := c.s.dataKeyIn(c.ctx, r, c.vault.ID)
	if err != nil {
		return "", err
	}
	sealed, err := key.Seal(c.tokenAD(), sensitive.NewBytes([]byte(marker)))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (c *call) openToken(r Reader, token string) (marker string, err error) {
	if token == "" {
		return "", nil
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", errToken()
	}
	key, err := c.s.dataKeyIn(c.ctx, r, c.vault.ID)
	if errors.Is(err, seal.ErrNoDataKey) {
		return "", errToken()
	}
	if err != nil {
		return "", err
	}
	opened, err := key.Open(c.tokenAD(), sealed)
	if err != nil {
		return "", errToken()
	}
	return string(opened.Reveal()), nil
}
