-- A mark that a count alone can't stand for: another host raises an older copy's count past it (ADR 63).
-- depends: 0060_prolonged

-- The last marks, each with a random token: a database that lacks one that a process made is an older copy.
CREATE TABLE high_water_marks (
  mark BIGINT PRIMARY KEY,
  token BYTEA NOT NULL,
  marked_at BIGINT NOT NULL
);

-- lost_since: some process found that this is an older copy, which lacks what came after that time; until it is declared.
-- declared_at: of the last restore that was declared; marks from before it are missing rightly.
ALTER TABLE high_water ADD COLUMN lost_since BIGINT;
ALTER TABLE high_water ADD COLUMN declared_at BIGINT NOT NULL DEFAULT 0;
