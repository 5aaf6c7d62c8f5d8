-- The management plane. Columns named fold hold a name or id in lower case, in which
-- it is compared. created and updated are Unix microseconds, deleted and purge_at Unix
-- seconds; tags, policies, network, scopes and permissions are JSON.

CREATE TABLE management_groups (
  fold       TEXT PRIMARY KEY,
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  parent     TEXT NOT NULL,
  created    INTEGER NOT NULL,
  updated    INTEGER NOT NULL,
  updated_by TEXT NOT NULL
);
CREATE INDEX management_groups_parent ON management_groups (parent);
CREATE TRIGGER management_groups_insert AFTER INSERT ON management_groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER management_groups_update AFTER UPDATE ON management_groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER management_groups_delete AFTER DELETE ON management_groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

-- parent is the fold of the management group that the subscription is in.
CREATE TABLE subscriptions (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  state   TEXT NOT NULL,
  parent  TEXT NOT NULL,
  alias   TEXT NOT NULL,
  created INTEGER NOT NULL
);
CREATE INDEX subscriptions_parent ON subscriptions (parent);
CREATE TRIGGER subscriptions_insert AFTER INSERT ON subscriptions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER subscriptions_update AFTER UPDATE ON subscriptions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER subscriptions_delete AFTER DELETE ON subscriptions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

-- Resource providers are registered unless a row here says otherwise.
CREATE TABLE unregistered_providers (
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
  namespace       TEXT NOT NULL,
  PRIMARY KEY (subscription_id, namespace)
);

CREATE TABLE resource_groups (
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
  fold            TEXT NOT NULL,
  name            TEXT NOT NULL,
  location        TEXT NOT NULL,
  managed_by      TEXT NOT NULL,
  tags            TEXT NOT NULL,
  created         INTEGER NOT NULL,
  updated         INTEGER NOT NULL,
  PRIMARY KEY (subscription_id, fold)
);

-- id is random and never used again: the vault's contents and its data key hang on it.
-- A deleted vault keeps its name until purge_at; from then on it does not exist,
-- whether its row is still there or not.
CREATE TABLE vaults (
  id                TEXT PRIMARY KEY,
  fold              TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  subscription_id   TEXT NOT NULL,
  group_fold        TEXT NOT NULL,
  group_name        TEXT NOT NULL,
  location          TEXT NOT NULL,
  tenant_id         TEXT NOT NULL,
  premium           INTEGER NOT NULL,
  tags              TEXT NOT NULL,
  policies          TEXT NOT NULL,
  network           TEXT NOT NULL,
  public_access     INTEGER NOT NULL,
  for_deployment    INTEGER,
  for_disk          INTEGER,
  for_template      INTEGER,
  rbac              INTEGER NOT NULL,
  retention         INTEGER NOT NULL,
  purge_protection  INTEGER NOT NULL,
  created           INTEGER NOT NULL,
  created_by        TEXT NOT NULL,
  created_type      TEXT NOT NULL,
  updated           INTEGER NOT NULL,
  updated_by        TEXT NOT NULL,
  updated_type      TEXT NOT NULL,
  deleted           INTEGER NOT NULL,
  purge_at          INTEGER NOT NULL
);
CREATE INDEX vaults_group ON vaults (subscription_id, group_fold, fold);
CREATE INDEX vaults_due ON vaults (purge_at) WHERE purge_at > 0;
CREATE TRIGGER vaults_insert AFTER INSERT ON vaults
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER vaults_update AFTER UPDATE ON vaults
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER vaults_delete AFTER DELETE ON vaults
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

-- What an operation that the client polls came to.
CREATE TABLE operation_results (
  id              TEXT PRIMARY KEY,
  subscription_id TEXT NOT NULL,
  created         INTEGER NOT NULL
);

CREATE TABLE role_definitions (
  id          TEXT PRIMARY KEY,
  fold        TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  scopes      TEXT NOT NULL,
  permissions TEXT NOT NULL,
  created     INTEGER NOT NULL,
  created_by  TEXT NOT NULL,
  updated     INTEGER NOT NULL,
  updated_by  TEXT NOT NULL
);
CREATE TRIGGER role_definitions_insert AFTER INSERT ON role_definitions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER role_definitions_update AFTER UPDATE ON role_definitions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER role_definitions_delete AFTER DELETE ON role_definitions
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

-- fold is the scope in lower case; anchor is the subscription or management group that
-- the assignment counts against.
CREATE TABLE role_assignments (
  id             TEXT PRIMARY KEY,
  scope          TEXT NOT NULL,
  fold           TEXT NOT NULL,
  anchor         TEXT NOT NULL,
  principal_id   TEXT NOT NULL,
  principal_type TEXT NOT NULL,
  role_id        TEXT NOT NULL,
  condition      TEXT NOT NULL,
  description    TEXT NOT NULL,
  delegated      TEXT NOT NULL,
  created        INTEGER NOT NULL,
  created_by     TEXT NOT NULL,
  updated        INTEGER NOT NULL,
  updated_by     TEXT NOT NULL,
  UNIQUE (fold, principal_id, role_id)
);
CREATE INDEX role_assignments_principal ON role_assignments (principal_id);
CREATE INDEX role_assignments_role ON role_assignments (role_id);
CREATE INDEX role_assignments_anchor ON role_assignments (anchor);
CREATE TRIGGER role_assignments_insert AFTER INSERT ON role_assignments
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER role_assignments_update AFTER UPDATE ON role_assignments
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER role_assignments_delete AFTER DELETE ON role_assignments
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
