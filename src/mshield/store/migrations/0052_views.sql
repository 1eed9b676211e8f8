-- Views (展示规则): how one kind of a business system's content becomes what the phone shows. A version never changes; it is
-- withdrawn for new requests only. digest is SM3 of octets. asked_by and approved_by are two members of staff, null where
-- two people did it at the server, whom the act names. A row is a source of the transparency log.
-- depends: 0051_signature_row_form

CREATE TABLE views (
  id TEXT PRIMARY KEY,
  client_id TEXT NOT NULL REFERENCES business_systems (client_id),
  view_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  octets BYTEA NOT NULL,
  approval_id TEXT UNIQUE REFERENCES approvals (id),
  asked_by TEXT REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id),
  at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  log_index BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA,
  UNIQUE (client_id, view_id, version)
);

CREATE INDEX views_digest ON views (digest);

CREATE INDEX views_unlogged ON views (id) WHERE log_index IS NULL;

CREATE UNIQUE INDEX views_logged ON views (log_index) WHERE log_index IS NOT NULL;

-- What somebody hands in: position 0 is the view, the others are the samples that the second person sees drawn. The
-- question's sealed details have the digest of each.
CREATE TABLE view_files (
  approval_id TEXT NOT NULL REFERENCES approvals (id),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (approval_id, position)
);
