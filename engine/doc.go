// Package engine is the only door to the key vault engine: [Open] it on a database and
// serve its [Engine.Handler], in the same process or, by [Engine.Serve], over the network.
//
// # Map
//
// Of the project:
//
//	main.go           the provider's process
//	provider          everything that knows Terraform; backend.go alone imports this package
//	engine            this facade: options, opening, identity, serving, reading the audit log
//	engine/cmd/coffer the command: serve, dev, init, audit
//	engine/internal   below
//	internal          shared by both sides or for tests: inproc (an http.RoundTripper over an
//	                  http.Handler), resourceid (ids and URLs), terraform (running it),
//	                  acctest (tests with real processes), archtest (the rules below, and
//	                  those of style), bench, tools (a nested module)
//
// Inside the engine, from the network inwards:
//
//	server      hosts, request ids, TLS, listeners, development mode
//	httpx       what front ends share: limits, names, Azure's error envelope
//	dataplane   HTTP front end of vaults      ─┐
//	armplane    of the management plane        │ decode, one call of a service, encode
//	graph       of the directory               │
//	login       token endpoints; token → caller┘
//	vault       secrets and keys: versions, soft delete, rotation, backup
//	resource    management groups, subscriptions, resource groups, vaults, roles, assignments
//	directory   users, groups, applications, service principals, credentials
//	access      the gate that every service method goes through: authorise, act, record;
//	            and the memory of what decisions rest on
//	authz       decisions, pure: actions, scopes, roles, conditions, policies
//	audit       record, hash chain, verification
//	seal        root key, data keys, sealed values
//	keyprov     the port to what makes and uses keys; keyprov/soft does it in software
//	store       transactions, group commit, schema, every SQL statement
//	fault       the errors that a client may see, and what the wire makes of them
//	sensitive   values that do not print
//
// A request comes in at server, which chooses the front end by host. The front end
// decodes it and calls one service method with the caller that login made of the token.
// The method goes through access.Gate, which decides with authz on a snapshot of the
// store, acts, and returns when the audit record is durable. The front end encodes.
//
// # Who may import whom
//
//	main → provider → internal, Azure SDK, terraform-plugin-*
//	engine/cmd → engine, internal
//	engine → engine/internal
//	dataplane, armplane, graph, login → services, access, authz, httpx; never one another
//	vault, resource, directory → access, authz, audit, seal, keyprov, fault, sensitive, and
//	    ports of their own; never net/http, database/sql, store
//	store → the services, for the types of its rows; never keyprov's implementations
//	authz, inproc, resourceid → the standard library
//
// internal/archtest checks this.
package engine
