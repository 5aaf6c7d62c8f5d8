-- The state that decisions rest on; triggers of the other tables move generation.
CREATE TABLE state (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL
);
INSERT INTO state (id, generation) VALUES (1, 1);

-- Facts about this database as a whole: its tenant, subscription, domain, root key.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
);

-- Data keys, wrapped by the root key. A purged vault's row goes, and its contents with it.
CREATE TABLE data_keys (
  id      TEXT PRIMARY KEY,
  wrapped BLOB NOT NULL,
  created INTEGER NOT NULL
);

-- The audit chain: one row a commit, its records as JSON lines.
CREATE TABLE audit_batches (
  first_seq   INTEGER PRIMARY KEY,
  last_seq    INTEGER NOT NULL,
  before_hash BLOB NOT NULL,
  after_hash  BLOB NOT NULL,
  records     BLOB NOT NULL
);
