-- name: find_place^
SELECT log_index FROM time_stamp_places WHERE place = :place;

-- name: first_since^
-- The place before the first log entry of a signature made since then.
SELECT COALESCE(
  (SELECT MIN(log_index) - 1 FROM signatures WHERE signed_at >= :since AND log_index IS NOT NULL),
  (SELECT MAX(log_index) FROM signatures WHERE log_index IS NOT NULL), -1) AS log_index;

-- name: insert_place!
INSERT INTO time_stamp_places (place, log_index) VALUES (:place, :log_index) ON CONFLICT (place) DO NOTHING;

-- name: move_place!
UPDATE time_stamp_places SET log_index = :log_index WHERE place = :place AND log_index = :old_index;

-- name: logged_after
SELECT sid, request_id, log_index FROM signatures WHERE log_index > :log_index ORDER BY log_index LIMIT :most;

-- name: insert!
INSERT INTO time_stamps (id, sid, place, renews, state, attempts, next_at, asked_at)
VALUES (:id, :sid, :place, :renews, 'pending', 0, :now, :now) ON CONFLICT DO NOTHING;

-- name: due
SELECT t.id, t.sid, t.place, t.attempts, t.asked_at, s.signature, s.signed_at, o.token AS renewed, o.good_until AS renewed_until
FROM time_stamps t
JOIN signatures s ON s.sid = t.sid
LEFT JOIN time_stamps o ON o.id = t.renews
WHERE t.state = 'pending' AND t.next_at <= :now
ORDER BY t.next_at LIMIT :most;

-- name: done!
UPDATE time_stamps SET state = 'done', error = NULL, token = :token, profile = :profile, stamped_at = :stamped_at,
  good_until = :good_until
WHERE id = :id AND state = 'pending';

-- name: not_done!
UPDATE time_stamps SET state = :state, attempts = attempts + 1, next_at = :next_at, error = :error
WHERE id = :id AND state = 'pending';

-- name: of_signature
SELECT id, state, token, profile, stamped_at, renews FROM time_stamps WHERE sid = :sid ORDER BY stamped_at, id;

-- name: of_request
SELECT t.position, s.state, s.token FROM tasks t JOIN time_stamps s ON s.sid = t.sid
WHERE t.request_id = :request_id AND s.renews IS NULL ORDER BY t.position, s.stamped_at, s.id;

-- name: ending
-- Stamps whose authority's certificate expires soon and that no other stamp renews.
SELECT t.id, t.sid FROM time_stamps t
WHERE t.state = 'done' AND t.good_until > :now AND t.good_until <= :before
  AND NOT EXISTS (SELECT 1 FROM time_stamps r WHERE r.renews = t.id)
ORDER BY t.good_until LIMIT :most;

-- name: ask_again!
-- Retries renewals that failed while there is still time.
UPDATE time_stamps SET state = 'pending', attempts = 0, next_at = :now, asked_at = :now
WHERE state = 'failed' AND renews IS NOT NULL AND asked_at < :before
  AND (SELECT o.good_until FROM time_stamps o WHERE o.id = time_stamps.renews) > :now;
