#!/usr/bin/env bash
# Runs each fuzz target of the module for $TIME.
set -euo pipefail

for package in $("$GO" list ./...); do
  for target in $("$GO" test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    echo "== $package $target"
    "$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "$TIME" "$package"
  done
done
