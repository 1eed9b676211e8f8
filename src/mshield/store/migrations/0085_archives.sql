-- Months that were written to files and taken out of the database (docs/retention.md): where their rows stood in the log, so
-- that its check knows what isn't missing. The mark says that the service wrote it.
-- depends: 0084_retention

CREATE TABLE archives (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  month TEXT NOT NULL,
  requests BIGINT NOT NULL,
  signatures BIGINT NOT NULL,
  places BYTEA NOT NULL,
  manifest TEXT NOT NULL,
  written_at BIGINT NOT NULL,
  removed_at BIGINT,
  mark BYTEA NOT NULL
);
