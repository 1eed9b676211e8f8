-- name: read
-- Includes the time of the database's own clock, if it has one, and the newest confirmation of the last minutes.
SELECT NULL AS database_time, (SELECT MAX(id) FROM acts WHERE id >= :since AND act = 'clock.confirm') AS confirmed;

-- name: find_confirmation^
SELECT details FROM acts WHERE id = :id;

-- name: mark_of^
SELECT wall, steady, database_ahead FROM clock_marks WHERE boot = :boot;

-- name: latest^
SELECT MAX(wall) AS wall FROM clock_marks;

-- name: mark!
INSERT INTO clock_marks (boot, wall, steady, database_ahead) VALUES (:boot, :wall, :steady, :database_ahead)
ON CONFLICT (boot) DO UPDATE SET wall = :wall, steady = :steady, database_ahead = :database_ahead;

-- name: forget_later!
-- An operator confirmed the time: stored times after it were wrong.
DELETE FROM clock_marks WHERE wall > :after;

-- name: doubt!
INSERT INTO clock_doubts (process, reason, ahead, since, seen_at) VALUES (:process, :reason, :ahead, :now, :now)
ON CONFLICT (process) DO UPDATE SET reason = :reason, ahead = :ahead, seen_at = :now;

-- name: end_doubt!
DELETE FROM clock_doubts WHERE process = :process;

-- name: doubts
SELECT process, reason, ahead, since FROM clock_doubts WHERE seen_at >= :since AND seen_at <= :until ORDER BY process;

-- name: purge!
-- The newest mark is kept, however old it is.
DELETE FROM clock_marks WHERE wall < :before AND wall < (SELECT MAX(wall) FROM clock_marks);

-- name: purge_doubts!
DELETE FROM clock_doubts WHERE seen_at < :before;
