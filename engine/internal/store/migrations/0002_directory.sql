-- The directory. Ids are UUIDs in lower case and never used again; *_key columns hold
-- the folded form in which a name is compared. Times are Unix seconds, but for
-- users.sessions_from and login_grants.created, which are nanoseconds.

CREATE TABLE users (
  id            TEXT PRIMARY KEY,
  upn           TEXT NOT NULL,
  upn_key       TEXT NOT NULL UNIQUE,
  display_name  TEXT NOT NULL,
  name_key      TEXT NOT NULL,
  mail          TEXT NOT NULL,
  mail_key      TEXT NOT NULL,
  nickname      TEXT NOT NULL,
  nickname_key  TEXT NOT NULL,
  enabled       INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  sessions_from INTEGER NOT NULL,
  password_hash TEXT NOT NULL,
  force_change  INTEGER NOT NULL,
  totp          BLOB,
  totp_step     INTEGER NOT NULL,
  extra         TEXT NOT NULL
);
CREATE INDEX users_name ON users (name_key);
CREATE TRIGGER users_insert AFTER INSERT ON users
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER users_update AFTER UPDATE OF enabled, upn, display_name ON users
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER users_delete AFTER DELETE ON users
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

CREATE TABLE groups (
  id           TEXT PRIMARY KEY,
  display_name TEXT NOT NULL,
  name_key     TEXT NOT NULL,
  description  TEXT NOT NULL,
  nickname     TEXT NOT NULL,
  nickname_key TEXT NOT NULL,
  created      INTEGER NOT NULL,
  extra        TEXT NOT NULL
);
CREATE INDEX groups_name ON groups (name_key);
CREATE TRIGGER groups_insert AFTER INSERT ON groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER groups_update AFTER UPDATE OF display_name ON groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER groups_delete AFTER DELETE ON groups
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

CREATE TABLE group_members (
  group_id    TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  member_id   TEXT NOT NULL,
  member_type TEXT NOT NULL,
  PRIMARY KEY (group_id, member_id)
);
CREATE INDEX group_members_member ON group_members (member_id);
CREATE TRIGGER group_members_insert AFTER INSERT ON group_members
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER group_members_update AFTER UPDATE ON group_members
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER group_members_delete AFTER DELETE ON group_members
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

CREATE TABLE applications (
  id            TEXT PRIMARY KEY,
  app_id        TEXT NOT NULL UNIQUE,
  display_name  TEXT NOT NULL,
  name_key      TEXT NOT NULL,
  public_client INTEGER NOT NULL,
  redirects     TEXT NOT NULL,
  created       INTEGER NOT NULL,
  extra         TEXT NOT NULL
);
CREATE INDEX applications_name ON applications (name_key);
CREATE TRIGGER applications_delete AFTER DELETE ON applications
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

CREATE TABLE identifier_uris (
  uri_key        TEXT PRIMARY KEY,
  uri            TEXT NOT NULL,
  application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE
);
CREATE INDEX identifier_uris_application ON identifier_uris (application_id);

CREATE TABLE service_principals (
  id           TEXT PRIMARY KEY,
  app_id       TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  name_key     TEXT NOT NULL,
  enabled      INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  extra        TEXT NOT NULL
);
CREATE INDEX service_principals_name ON service_principals (name_key);
CREATE TRIGGER service_principals_insert AFTER INSERT ON service_principals
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER service_principals_update AFTER UPDATE OF enabled, app_id, display_name ON service_principals
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;
CREATE TRIGGER service_principals_delete AFTER DELETE ON service_principals
BEGIN UPDATE state SET generation = generation + 1 WHERE id = 1; END;

-- Credentials of applications and service principals: salted hashes and certificates.
CREATE TABLE credentials (
  owner_id     TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  display_name TEXT NOT NULL,
  hint         TEXT NOT NULL,
  starts       INTEGER NOT NULL,
  ends         INTEGER NOT NULL,
  salt         BLOB,
  hash         BLOB,
  certificate  BLOB,
  identifier   BLOB,
  PRIMARY KEY (owner_id, key_id)
);

CREATE TABLE federated_credentials (
  id             TEXT PRIMARY KEY,
  application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  issuer         TEXT NOT NULL,
  subject        TEXT NOT NULL,
  audiences      TEXT NOT NULL,
  description    TEXT NOT NULL,
  UNIQUE (application_id, name),
  UNIQUE (application_id, issuer, subject)
);

CREATE TABLE owners (
  object_id  TEXT NOT NULL,
  owner_id   TEXT NOT NULL,
  owner_type TEXT NOT NULL,
  PRIMARY KEY (object_id, owner_id)
);
CREATE INDEX owners_owner ON owners (owner_id);

-- Keys that sign tokens; the private half is sealed under the data key system/tokens.
CREATE TABLE signing_keys (
  kid     TEXT PRIMARY KEY,
  public  BLOB NOT NULL,
  sealed  BLOB NOT NULL,
  created INTEGER NOT NULL
);

-- What the login endpoints have given out: refresh tokens, authorization codes and
-- device codes, known by the SHA-256 of their text only.
CREATE TABLE login_grants (
  hash     BLOB PRIMARY KEY,
  kind     TEXT NOT NULL,
  family   TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  app_id   TEXT NOT NULL,
  data     TEXT NOT NULL,
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL,
  used     INTEGER NOT NULL
);
CREATE INDEX login_grants_family ON login_grants (family);
CREATE INDEX login_grants_user ON login_grants (user_id);
CREATE INDEX login_grants_expires ON login_grants (expires);

-- Things that may be presented once, with what they came: assertion ids.
CREATE TABLE login_replays (
  hash    BLOB PRIMARY KEY,
  bound   BLOB NOT NULL,
  expires INTEGER NOT NULL
);
CREATE INDEX login_replays_expires ON login_replays (expires);

-- Failed sign-ins in a row, by the hash of the folded name that was tried.
CREATE TABLE login_failures (
  hash         BLOB PRIMARY KEY,
  failures     INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  updated      INTEGER NOT NULL
);
CREATE INDEX login_failures_updated ON login_failures (updated);
