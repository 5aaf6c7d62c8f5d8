// Package acctest holds the tests that need real processes: Terraform, the provider
// and the coffer command as they are built, several of them on one database, and
// killed in the middle of their work.
package acctest
