-- What is erased when its time is over (docs/retention.md): the first late fetch of a result, from which the content's time
-- counts anew; when a document's content was erased, and its SM3 where it was M; how far the job has come with each kind.
-- depends: 0073_checkpoint_stamps

ALTER TABLE requests ADD COLUMN fetched_at BIGINT;
ALTER TABLE tasks ADD COLUMN erased_at BIGINT;
ALTER TABLE tasks ADD COLUMN erased_digest BYTEA;

CREATE TABLE retention (
  kind TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  place TEXT NOT NULL,
  erased BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  mark BYTEA
);

CREATE INDEX IF NOT EXISTS oidc_authorizations_request ON oidc_authorizations (request_id);
