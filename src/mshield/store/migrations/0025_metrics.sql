-- The service's own figures: how often each operation was called in an hour, with which outcome, and how long it took.
-- Every process adds its counts; `bucket` is that of domain/figures.py, -1 for what has no time.
-- depends: 0023_operations

CREATE TABLE metrics (
  hour BIGINT NOT NULL,
  operation TEXT NOT NULL,
  code TEXT NOT NULL,
  bucket INTEGER NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (hour, operation, code, bucket)
);
