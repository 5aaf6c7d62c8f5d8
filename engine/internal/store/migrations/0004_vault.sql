-- Secrets, keys and certificates. They do not move state.generation: no decision
-- rests on them.
--
-- An object is a name of a vault and kind with all its versions. fold is the name in
-- upper case: it is unique, and lists go by it. seq counts the versions that were ever
-- made; current is the one made last. deleted and purge_at are 0 while it lives, and
-- from purge_at on it does not exist, whether its row is still there or not. rotate_at
-- is when its rotation policy makes the next version, 0 for never.
CREATE TABLE objects (
  id        TEXT PRIMARY KEY,
  vault_id  TEXT NOT NULL REFERENCES vaults (id) ON DELETE CASCADE,
  kind      TEXT NOT NULL,
  fold      TEXT NOT NULL,
  name      TEXT NOT NULL,
  current   TEXT NOT NULL,
  seq       INTEGER NOT NULL,
  deleted   INTEGER NOT NULL DEFAULT 0,
  purge_at  INTEGER NOT NULL DEFAULT 0,
  rotate_at INTEGER NOT NULL DEFAULT 0,
  policy    TEXT NOT NULL DEFAULT '',
  UNIQUE (vault_id, kind, fold)
);
CREATE INDEX objects_deleted ON objects (vault_id, kind, fold) WHERE deleted > 0;
CREATE INDEX objects_due ON objects (purge_at) WHERE purge_at > 0;

-- tags is a JSON object, '' if none were ever set. sealed is the value of a secret or
-- the private key, under the vault's data key. kty, crv, size, ops (joined by commas)
-- and detail (the public key, as JSON) are of keys only.
CREATE TABLE versions (
  object_id    TEXT NOT NULL REFERENCES objects (id) ON DELETE CASCADE,
  version      TEXT NOT NULL,
  seq          INTEGER NOT NULL,
  enabled      INTEGER NOT NULL,
  nbf          INTEGER,
  exp          INTEGER,
  created      INTEGER NOT NULL,
  updated      INTEGER NOT NULL,
  content_type TEXT,
  tags         TEXT NOT NULL DEFAULT '',
  managed      INTEGER NOT NULL DEFAULT 0,
  kty          TEXT NOT NULL DEFAULT '',
  crv          TEXT NOT NULL DEFAULT '',
  size         INTEGER NOT NULL DEFAULT 0,
  ops          TEXT NOT NULL DEFAULT '',
  detail       TEXT NOT NULL DEFAULT '',
  sealed       BLOB NOT NULL,
  PRIMARY KEY (object_id, version)
);
