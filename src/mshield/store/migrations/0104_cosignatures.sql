-- Checkpoints of the log as witnesses cosigned them (docs/log.md): the last one of an hour for each witness. A line is checked
-- by whoever reads it.
-- depends: 0103_certificate_counts

CREATE TABLE checkpoint_cosignatures (
  origin TEXT NOT NULL,
  witness TEXT NOT NULL,
  hour BIGINT NOT NULL,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY (origin, witness, hour)
);

CREATE INDEX IF NOT EXISTS checkpoint_cosignatures_size ON checkpoint_cosignatures (origin, size);
