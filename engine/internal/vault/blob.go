package vault

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/fault"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// A backup blob is
//
//	+--------+----------------------------------------+---------+--------+
//	| 1 byte | AzureKeyVault{Kind}BackupV1.            | 1 byte  | sealed |
//	| length | microsoft.com (wire reference 2.5)      | format  | value  |
//	| of tag |                                         | 0x01    |        |
//	+--------+----------------------------------------+---------+--------+
//
// where the sealed value (package seal) is under the data key of the subscription and
// geography, bound to the tag and the format, and holds the JSON of backup.
const blobFormat = 1

// maxBlob bounds a blob: 500 versions of the largest secret fit.
const maxBlob = 24 << 20

func blobTag(kind Kind) string { return "AzureKeyVault" + kind.Title() + "BackupV1.microsoft.com" }

func blobAD(kind Kind) seal.AD {
	return seal.AD{Kind: "backup", Name: blobTag(kind), Version: "1"}
}

func sealBlob(key *seal.DataKey, kind Kind, plaintext sensitive.Bytes) ([]byte, error) {
	sealed, err := key.Seal(blobAD(kind), plaintext)
	if err != nil {
		return nil, err
	}
	tag := blobTag(kind)
	out := make([]byte, 0, 2+len(tag)+len(sealed))
	out = append(out, byte(len(tag)))
	out = append(out, tag...)
	out = append(out, blobFormat)
	return append(out, sealed...), nil
}

// parseBlob returns the sealed value of a blob of the kind.
func parseBlob(kind Kind, blob []byte) ([]byte, error) {
	if len(blob) == 0 {
		return nil, invalidValue()
	}
	tag := blobTag(kind)
	rest, ok := bytes.CutPrefix(blob, append([]byte{byte(len(tag))}, tag...))
	if !ok || len(rest) == 0 || len(blob) > maxBlob {
		return nil, fault.New(fault.BadParameter, "The value is not the backup of a %s.", kind.Noun())
	}
	if rest[0] != blobFormat {
		return nil, fault.New(fault.BadParameter, "The backup is of format %d, which this version of the service does not know.", rest[0])
	}
	return rest[1:], nil
}

// backup is an object with all its versions.
type backup struct {
	Name     string          `json:"name"`
	Current  string          `json:"current"`
	Seq      int64           `json:"seq"`
	Policy   string          `json:"policy,omitempty"`
	Versions []backupVersion `json:"versions"`
}

type backupVersion struct {
	ID          string  `json:"id"`
	Seq         int64   `json:"seq"`
	Enabled     bool    `json:"enabled"`
	NotBefore   *int64  `json:"nbf,omitempty"`
	Expires     *int64  `json:"exp,omitempty"`
	Created     int64   `json:"created"`
	Updated     int64   `json:"updated"`
	ContentType *string `json:"contentType,omitempty"`
	Tags        Tags    `json:"tags,omitempty"`
	Key         *KeyRow `json:"key,omitempty"`
	// Value is in clear: the backup as a whole is encrypted.
	Value []byte `json:"value"`
}

func valueAD(kind Kind, fold, version string) seal.AD {
	if kind == Keys {
		return keyAD(fold, version)
	}
	return secretAD(fold, version)
}

// newBackup opens the versions' values with the vault's data key.
func newBackup(key *seal.DataKey, o *Object, versions []Version) (backup, error) {
	b := backup{Name: o.Name, Current: o.Current, Seq: o.Seq, Policy: o.Policy}
	for i := range versions {
		v := &versions[i]
		value, err := key.Open(valueAD(o.Kind, o.Fold, v.ID), v.Sealed)
		if err != nil {
			return b, err
		}
		bv := backupVersion{
			ID: v.ID, Seq: v.Seq, Enabled: v.Enabled, NotBefore: v.NotBefore, Expires: v.Expires, Created: v.Created,
			Updated: v.Updated, ContentType: v.ContentType, Tags: v.Tags, Value: value.Reveal(),
		}
		if o.Kind == Keys {
			bv.Key = &v.Key
		}
		b.Versions = append(b.Versions, bv)
	}
	return b, nil
}

// rows seals the values again, for the vault whose data key is key.
func (b *backup) rows(key *seal.DataKey, vaultID string, kind Kind) (Object, []Version, error) {
	folded, _ := fold(b.Name)
	o := Object{ID: newID(), VaultID: vaultID, Kind: kind, Fold: folded, Name: b.Name, Current: b.Current, Seq: b.Seq, Policy: b.Policy}
	versions := make([]Version, 0, len(b.Versions))
	for i := range b.Versions {
		bv := &b.Versions[i]
		v := Version{
			ID: bv.ID, Seq: bv.Seq, Enabled: bv.Enabled, NotBefore: bv.NotBefore, Expires: bv.Expires, Created: bv.Created,
			Updated: bv.Updated, ContentType: bv.ContentType, Tags: bv.Tags,
		}
		if bv.Key != nil {
			v.Key = *bv.Key
		}
		var err error
		if v.Sealed, err = key.Seal(valueAD(kind, folded, v.ID), sensitive.NewBytes(bv.Value)); err != nil {
			return o, nil, err
		}
		if v.ID == o.Current {
			if err := o.schedule(&v); err != nil {
				return o, nil, err
			}
		}
		versions = append(versions, v)
	}
	return o, versions, nil
}

// decodeBackup opens the sealed value of a blob. What authenticates was written by
// newBackup; it is checked nonetheless, so that no row can come of it that no request
// could have made.
func decodeBackup(key *seal.DataKey, kind Kind, sealed []byte) (backup, error) {
	plaintext, err := key.Open(blobAD(kind), sealed)
	if err != nil {
		return backup{}, errBackup()
	}
	defer plaintext.Wipe()
	var b backup
	if err := json.Unmarshal(plaintext.Reveal(), &b); err != nil || !b.sound(kind) {
		return backup{}, errBackup()
	}
	return b, nil
}

func (b *backup) sound(kind Kind) bool {
	if _, ok := fold(b.Name); !ok || len(b.Versions) == 0 || len(b.Versions) > MaxBackupVersions {
		return false
	}
	ids := map[string]bool{}
	for i := range b.Versions {
		v := &b.Versions[i]
		id, ok := foldVersion(v.ID)
		if !ok || id != v.ID || ids[id] || (v.Key != nil) != (kind == Keys) {
			return false
		}
		ids[id] = true
	}
	return ids[b.Current]
}

func lower(s string) string { return strings.ToLower(s) }
