package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/coffer-dev/terraform-provider-coffer/engine/internal/store"
)

// BenchmarkView is what every request costs before it does anything.
func BenchmarkView(b *testing.B) {
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(b.TempDir(), "coffer.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := db.View(context.Background(), func(v *store.View) error {
				_, err := v.Generation()
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkRecord is one durable audit record, with others waiting.
func BenchmarkRecord(b *testing.B) {
	db, err := store.Open(context.Background(), store.Options{Path: filepath.Join(b.TempDir(), "coffer.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := db.Commit(context.Background(), nil, record("x")); err != nil {
				b.Error(err)
			}
		}
	})
}
