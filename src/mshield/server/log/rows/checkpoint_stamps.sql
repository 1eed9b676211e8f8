-- name: insert!
-- Of two processes that stamped the same one, the first's stays.
INSERT INTO checkpoint_stamps (origin, size, place, checkpoint, token, profile, stamped_at, good_until)
VALUES (:origin, :size, :place, :checkpoint, :token, :profile, :stamped_at, :good_until) ON CONFLICT DO NOTHING;

-- name: last_size^
SELECT MAX(size) AS size FROM checkpoint_stamps WHERE origin = :origin AND place = :place;

-- name: covering
-- Those of the first checkpoints that have the entry, whose authorities' lives aren't over.
SELECT size, place, checkpoint, token, profile, stamped_at FROM checkpoint_stamps
WHERE origin = :origin AND size > :log_index AND good_until > :now
ORDER BY size, stamped_at, place LIMIT 32;
