-- Time stamps on checkpoints of the log (docs/log.md), so that its time doesn't rest on the service's clock alone: one for each
-- authority and checkpoint. A token is checked by whoever reads it.
-- depends: 0072_holder_and_pages

CREATE TABLE checkpoint_stamps (
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  place TEXT NOT NULL,
  checkpoint TEXT NOT NULL,
  token BYTEA NOT NULL,
  profile TEXT NOT NULL,
  stamped_at BIGINT NOT NULL,
  good_until BIGINT NOT NULL,
  PRIMARY KEY (origin, size, place)
);
