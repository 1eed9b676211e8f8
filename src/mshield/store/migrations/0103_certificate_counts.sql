-- How many certificates there are of each kind and day of their end (ADR 118), and up to which place of the log their events
-- were counted. `whole`: the end of the log was reached once, so that the counts may be shown.
-- depends: 0084_retention

CREATE TABLE certificate_counts (
  kind TEXT NOT NULL,
  ends_on BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (kind, ends_on)
);

CREATE TABLE certificate_counts_place (
  id INTEGER PRIMARY KEY,
  place BIGINT NOT NULL,
  whole BOOLEAN NOT NULL
);
