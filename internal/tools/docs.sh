#!/usr/bin/env bash
# Writes the provider's documentation into the directory $1, from the schema of the
# provider that was built, templates/ and examples/.
set -euo pipefail

to=$1
work=$BUILD/docs-schema
rm -rf "$work"
mkdir -p "$work/config"
for host in registry.terraform.io registry.opentofu.org; do
  dir=$work/providers/$host/coffer-dev/coffer/0.0.1/$(go env GOOS)_$(go env GOARCH)
  mkdir -p "$dir"
  ln -s "$BIN/terraform-provider-coffer" "$dir/terraform-provider-coffer_v0.0.1"
done
cat >"$work/terraformrc" <<END
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$work/providers"
  }
}
END
cat >"$work/config/main.tf" <<END
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}
END
export TF_CLI_CONFIG_FILE=$work/terraformrc
(
  cd "$work/config"
  "$TERRAFORM" init -no-color -input=false >../init.log || { cat ../init.log >&2; exit 1; }
  "$TERRAFORM" providers schema -json | sed -E 's,registry\.(opentofu\.org|terraform\.io)/coffer-dev/coffer,coffer,' >../schema.json
)
"$BIN/tfplugindocs" generate --provider-name coffer --rendered-provider-name Coffer \
  --providers-schema "$work/schema.json" --rendered-website-dir "$to" >"$work/generate.log" 2>&1 ||
  { cat "$work/generate.log" >&2; exit 1; }
