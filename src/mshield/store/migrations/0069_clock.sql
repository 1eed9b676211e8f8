-- What is known of the machines' clocks: by each boot how the wall clock stands to the time since that boot, while nobody
-- doubts it; and which processes doubt their clock now.
-- depends: 0060_prolonged

CREATE TABLE clock_marks (
  boot TEXT PRIMARY KEY,
  wall BIGINT NOT NULL,
  steady BIGINT NOT NULL,
  database_ahead BIGINT NOT NULL
);

CREATE TABLE clock_doubts (
  process TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  ahead BIGINT NOT NULL,
  since BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
);
