-- name: insert!
INSERT INTO staff_factors
  (id, staff_id, kind, label, secret_box, used_step, credential_id, public_key, sign_count, created_at, used_at)
VALUES
  (:id, :staff_id, :kind, :label, :secret_box, :used_step, :credential_id, :public_key, :sign_count, :now, NULL);

-- name: of_member
SELECT id, kind, label, secret_box, used_step, credential_id, public_key, sign_count, created_at, used_at,
  staff_id, seal_version, seal
FROM staff_factors WHERE staff_id = :staff_id ORDER BY id;

-- name: use_step!
-- A time step is accepted once, and no earlier one afterwards: of two logins with the same code one succeeds.
UPDATE staff_factors SET used_step = :step, used_at = :now WHERE id = :id AND used_step < :step;

-- name: use_count!
-- A key's counter only increases; a key that always sends zero has no counter.
UPDATE staff_factors SET sign_count = :sign_count, used_at = :now
WHERE id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0));

-- name: remove!
-- Never removes the last one, even if two are removed at once.
DELETE FROM staff_factors WHERE id = :id AND staff_id = :staff_id
  AND (SELECT COUNT(*) FROM staff_factors WHERE staff_id = :staff_id) > 1;

-- name: lock_member!
-- Makes concurrent removals of one member's factors wait for each other.
UPDATE staff SET state = state WHERE id = :staff_id;

-- name: remove_all!
DELETE FROM staff_factors WHERE staff_id = :staff_id;
