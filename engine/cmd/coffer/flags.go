package main

import (
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/pflag"

	"github.com/coffer-dev/terraform-provider-coffer/engine"
)

// engineFlags are the flags that name a database and its root key.
type engineFlags struct {
	database string
	rootKey  engine.RootKey
	logLevel string
}

func (f *engineFlags) register(flags *pflag.FlagSet) {
	f.registerDatabase(flags)
	flags.StringVar(&f.rootKey.File, "root-key-file", "", "file with the root key (default: the database's name with .key added)")
	flags.StringVar(&f.rootKey.Env, "root-key-env", "", "environment variable with the root key: 32 bytes as base64 or hex")
	flags.StringVar(&f.rootKey.PassphraseEnv, "root-key-passphrase-env", "", "environment variable with the passphrase of the root key")
	flags.StringVar(&f.logLevel, "log-level", "info", "trace, debug, info, warn or error")
}

func (f *engineFlags) registerDatabase(flags *pflag.FlagSet) {
	flags.StringVar(&f.database, "database", defaultDatabase(), "database file; also COFFER_DATABASE")
}

func defaultDatabase() string {
	if path := os.Getenv("COFFER_DATABASE"); path != "" {
		return path
	}
	return "coffer.db"
}

func newLogger(level string) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{
		Name:       "coffer",
		Level:      hclog.LevelFromString(level),
		Output:     os.Stderr,
		JSONFormat: os.Getenv("COFFER_LOG_FORMAT") == "json",
	})
}
