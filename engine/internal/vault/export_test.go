package vault

import (
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/seal"
	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// OpenBlob opens a backup blob with a key, as Restore does, and reports its name.
func OpenBlob(key *seal.DataKey, kind Kind, blob []byte) (name string, versions int, err error) {
	sealed, err := parseBlob(kind, blob)
	if err != nil {
		return "", 0, err
	}
	b, err := decodeBackup(key, kind, sealed)
	return b.Name, len(b.Versions), err
}

// SealBlob makes a blob of any contents.
func SealBlob(key *seal.DataKey, kind Kind, contents []byte) ([]byte, error) {
	return sealBlob(key, kind, sensitive.NewBytes(contents))
}
