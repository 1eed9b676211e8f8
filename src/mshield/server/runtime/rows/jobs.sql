-- name: register!
INSERT INTO jobs (name, next_at, lease_until, failures) VALUES (:name, :now, 0, 0) ON CONFLICT (name) DO NOTHING;

-- name: list
SELECT name, next_at, holder, lease_until, failures, last_at, last_done, last_error, last_ms FROM jobs ORDER BY name;

-- name: claim^
-- No row: the job isn't due by then, or another process runs it. Until the run ends, `next_at` is the time when it
-- began.
UPDATE jobs SET holder = :holder, lease_until = :lease_until, next_at = :now
WHERE name = :name AND next_at <= :due AND lease_until <= :now RETURNING failures;

-- name: renew!
-- No row is changed if the lease expired and another process took over the job.
UPDATE jobs SET lease_until = :lease_until WHERE name = :name AND holder = :holder;

-- name: finish!
UPDATE jobs SET holder = NULL, lease_until = 0, failures = :failures,
  next_at = CASE WHEN next_at > :started THEN next_at ELSE :next_at END,
  last_at = :now, last_done = :done, last_error = :error, last_ms = :took_ms
WHERE name = :name AND holder = :holder;

-- name: release!
UPDATE jobs SET holder = NULL, lease_until = 0 WHERE name = :name AND holder = :holder;

-- name: set_back!
UPDATE jobs SET
  next_at = CASE WHEN next_at > :next_at THEN :next_at ELSE next_at END,
  lease_until = CASE WHEN lease_until > :lease_until THEN :lease_until ELSE lease_until END
WHERE name = :name;

-- name: make_due^
-- If a process is running it, it becomes due again afterwards: that run may have missed the change.
UPDATE jobs SET next_at = CASE WHEN lease_until > :now AND next_at >= :now THEN next_at + 1 ELSE :now END
WHERE name = :name RETURNING lease_until <= :now AS free;
