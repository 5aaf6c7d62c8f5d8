package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/coffer-dev/terraform-provider-coffer/internal/terraform"
)

// The configurations differ in the kind of resource only. The vault is made before the
// clock runs; destroying it is counted.
const (
	floorConfig = `
variable "n" { type = number }
resource "terraform_data" "one" {
  count = var.n
  input = "value ${count.index}"
}
`
	vaultConfig = `
terraform {
  required_providers {
    coffer = { source = "coffer-dev/coffer" }
  }
}
variable "n" { type = number }
data "coffer_client_config" "me" {}
resource "coffer_resource_group" "bench" {
  name     = "bench"
  location = "westeurope"
}
resource "coffer_vault" "bench" {
  name                       = "bench"
  resource_group_name        = coffer_resource_group.bench.name
  location                   = "westeurope"
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}
resource "coffer_access_policy" "me" {
  vault_id           = coffer_vault.bench.id
  object_id          = data.coffer_client_config.me.object_id
  secret_permissions = ["all", "Purge"]
}
resource "coffer_secret" "one" {
  count      = var.n
  name       = "secret-${count.index}"
  value      = "value ${count.index}"
  vault_id   = coffer_vault.bench.id
  depends_on = [coffer_access_policy.me]
}
`
	// terraformGoal is the most that a piece of Terraform's work may take, in floors.
	terraformGoal = 1.5
)

// benchTerraform compares secrets with terraform_data.
func benchTerraform(ctx context.Context, o options, r *report) error {
	for _, parallelism := range []int{10, 50} {
		floor, err := timeTerraform(ctx, o, "floor", floorConfig, parallelism)
		if err != nil {
			return err
		}
		ours, err := timeTerraform(ctx, o, "secrets", vaultConfig, parallelism)
		if err != nil {
			return err
		}
		for i, command := range []string{"apply", "plan", "destroy"} {
			r.slower(fmt.Sprintf("terraform %s, %d secrets, parallelism %d", command, o.resources, parallelism), floor[i], ours[i], terraformGoal)
		}
	}
	return nil
}

// timeTerraform returns how long apply, plan and destroy take.
func timeTerraform(ctx context.Context, o options, name, config string, parallelism int) ([3]time.Duration, error) {
	var took [3]time.Duration
	dir, err := terraform.New(terraform.Options{Bin: o.terraform, Provider: o.provider, Work: filepath.Join(o.work, name)})
	if err != nil {
		return took, err
	}
	if err := dir.Write("main.tf", config); err != nil {
		return took, err
	}
	if err := dir.Run(ctx, "init"); err != nil {
		return took, err
	}
	many, at := "-var=n="+strconv.Itoa(o.resources), "-parallelism="+strconv.Itoa(parallelism)
	if err := dir.Run(ctx, "apply", "-var=n=0"); err != nil {
		return took, err
	}
	for i, command := range []string{"apply", "plan", "destroy"} {
		args := []string{many, at}
		if command == "plan" {
			// Exit code 2 would be a plan that is not empty.
			args = append(args, "-detailed-exitcode")
		}
		start := time.Now()
		if err := dir.Run(ctx, command, args...); err != nil {
			return took, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}
