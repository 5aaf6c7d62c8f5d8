// Package seal owns the key hierarchy: a root key wraps data keys, and a data key
// encrypts what must not be read at rest (architecture, section 4).
//
//	root key   software (file, environment variable, passphrase) or in a token
//	  └─ wraps one data key per vault, and the keys for tokens, backups, checkpoints
//	        └─ AES-256-GCM over a value; AAD = key id | kind | name | version
package seal
