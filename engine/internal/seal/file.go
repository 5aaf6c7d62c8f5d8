package seal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/sensitive"
)

// A root key file is text: lines that begin with # and one line with the key.
const (
	fileHeader = "# Coffer root key. Whoever has this file and the database can read every secret in it;\n" +
		"# without it nobody can. Keep it secret, and keep a copy away from the database.\n"
	filePrefix  = "coffer-root-key-v1:"
	maxFileSize = 4096
)

// FileRoot takes the root key from the file at path. If there is no file and create
// is true it makes one, with mode 0600, that is complete before it has its name; of
// several processes that do so at once all get the same key. A file that others than
// its owner may read is refused.
func FileRoot(path string, create bool) (Root, error) {
	root, err := readFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if !create {
		return nil, fmt.Errorf("root key: the file %s does not exist: %w", path, ErrNoRootKey)
	}
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("create root key %s: %w", path, err)
	}
	return readFile(path)
}

func readFile(path string) (Root, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	defer file.Close()
	// The open file is what is checked: its name may come to mean another.
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("root key: %s is not a regular file: %w", path, ErrBadRootKey)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("root key: the file %s has mode %04o; make it 0600 (chmod 600): %w", path, mode, ErrExposed)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("root key: %w", err)
	}
	key, err := parseFile(text)
	if err != nil {
		return nil, fmt.Errorf("root key: the file %s: %w", path, err)
	}
	return newSoftware(key)
}

// parseFile finds the key in the text of a file. Its errors do not quote the text.
func parseFile(text []byte) (sensitive.Bytes, error) {
	var key sensitive.Bytes
	if len(text) > maxFileSize {
		return key, fmt.Errorf("more than %d bytes: %w", maxFileSize, ErrBadRootKey)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		encoded, ok := strings.CutPrefix(line, filePrefix)
		if !ok || key.Len() > 0 {
			return sensitive.Bytes{}, fmt.Errorf("line %d is not the one line %q: %w", number, filePrefix+"...", ErrBadRootKey)
		}
		var err error
		if key, err = decodeKey(encoded); err != nil {
			return sensitive.Bytes{}, fmt.Errorf("line %d does not hold 32 bytes as base64: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return sensitive.Bytes{}, fmt.Errorf("%w: %w", ErrBadRootKey, err)
	}
	if key.Len() == 0 {
		return key, fmt.Errorf("no line %q: %w", filePrefix+"...", ErrBadRootKey)
	}
	return key, nil
}

func createFile(path string) error {
	key, err := randomKey()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	temp := filepath.Join(dir, "."+filepath.Base(path)+"."+rand.Text()[:8]+".new")
	file, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	text := fileHeader + filePrefix + base64.StdEncoding.EncodeToString(key.Reveal()) + "\n"
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, does not replace a file that came in between.
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
