-- name: insert!
INSERT INTO staff_factors
  (id, staff_id, kind, label, secret_box, used_step, credential_id, public_key, sign_count, created_at, used_at)
VALUES
  (:id, :staff_id, :kind, :label, :secret_box, :used_step, :credential_id, :public_key, :sign_count, :now, NULL);

-- name: of_member
SELECT id, kind, label, secret_box, used_step, credential_id, public_key, sign_count, created_at, used_at
FROM staff_factors WHERE staff_id = :staff_id ORDER BY id;

-- name: use_step!
-- A time step is accepted once, and none before it: of two logins with one code, one is.
UPDATE staff_factors SET used_step = :step, used_at = :now WHERE id = :id AND used_step < :step;

-- name: remove_all!
DELETE FROM staff_factors WHERE staff_id = :staff_id;
