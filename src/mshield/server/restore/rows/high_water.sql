-- name: give_name^
UPDATE high_water SET name = COALESCE(name, :name) WHERE id = 1 RETURNING name, mark;

-- name: raise_mark^
UPDATE high_water SET mark = mark + 1, marked_at = :now WHERE id = 1 RETURNING mark;

-- name: raise_above^
UPDATE high_water SET mark = CASE WHEN mark < :known THEN :known + 1 ELSE mark + 1 END, marked_at = :now,
  declared_at = :now, lost_since = NULL
WHERE id = 1 RETURNING mark;

-- name: find_loss^
SELECT lost_since FROM high_water WHERE id = 1;

-- name: held_as_copies
-- Certificates held as copies since a time; such a hold is placed at most once.
SELECT c.serial FROM certificates c
WHERE c.holds LIKE '%clone%' AND c.state IN ('active', 'pin_locked')
  AND (SELECT MAX(e.at) FROM certificate_events e WHERE e.serial = c.serial AND e.event = 'find_clone') >= :since
ORDER BY c.serial;

-- name: keep_mark!
INSERT INTO high_water_marks (mark, token, marked_at) VALUES (:mark, :token, :now);

-- name: forget_marks!
DELETE FROM high_water_marks WHERE mark <= :last;

-- name: restrain_keys!
-- The attempts spent, one-time values given out and epochs used since the copy are unknown.
UPDATE keys SET last_epoch = last_epoch + :epochs, generation = generation + :generations
WHERE state <> 'void';

-- name: less_restrained
SELECT uid FROM keys WHERE state <> 'void' AND (failures < :failures OR otp_open = 0);

-- name: restrain_key!
UPDATE keys SET failures = CASE WHEN failures < :failures THEN :failures ELSE failures END, otp_open = 1 WHERE uid = :uid;

-- name: end_sessions!
DELETE FROM signing_sessions;

-- name: end_attempts!
DELETE FROM attempts_under_way;

-- name: skip_crl_numbers!
-- Lists published after the copy was made had their own numbers (RFC 5280, 5.2.3).
UPDATE authorities SET
  crl_number = CASE WHEN crl_number + :numbers < :at_least THEN :at_least ELSE crl_number + :numbers END;

-- name: forget_crls!
-- Later lists were published: if these were published again, they would have a lower number and an earlier time.
DELETE FROM crls;

-- name: forget_crls_of_shards!
UPDATE crl_shards SET der = NULL, renew_at = 0;

-- name: find^
SELECT mark, marked_at FROM high_water WHERE id = 1;
