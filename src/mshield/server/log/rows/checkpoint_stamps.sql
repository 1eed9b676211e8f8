-- name: insert!
-- If two processes stamped the same checkpoint, the first stamp is kept.
INSERT INTO checkpoint_stamps (origin, size, place, checkpoint, token, profile, stamped_at, good_until)
VALUES (:origin, :size, :place, :checkpoint, :token, :profile, :stamped_at, :good_until) ON CONFLICT DO NOTHING;

-- name: last_size^
SELECT MAX(size) AS size FROM checkpoint_stamps WHERE origin = :origin AND place = :place;

-- name: covering
-- Stamps on the first checkpoints that include the entry, whose authorities haven't expired.
SELECT size, place, checkpoint, token, profile, stamped_at FROM checkpoint_stamps
WHERE origin = :origin AND size > :log_index AND good_until > :now
ORDER BY size, stamped_at, place LIMIT 32;
