-- name: find^
SELECT client_id, approval_id, asked_by, approved_by, allowed_at, ended_at, seal_version, seal
FROM unshown_allowances WHERE client_id = :client_id;

-- name: list_all
SELECT client_id, approval_id, asked_by, approved_by, allowed_at, ended_at, seal_version, seal
FROM unshown_allowances ORDER BY client_id;

-- name: insert!
INSERT INTO unshown_allowances (client_id, approval_id, asked_by, approved_by, allowed_at)
VALUES (:client_id, :approval_id, :asked_by, :approved_by, :allowed_at);

-- name: again!
-- Grants an ended permission again.
UPDATE unshown_allowances SET approval_id = :approval_id, asked_by = :asked_by, approved_by = :approved_by,
  allowed_at = :allowed_at, ended_at = NULL
WHERE client_id = :client_id AND ended_at IS NOT NULL;

-- name: end!
UPDATE unshown_allowances SET ended_at = :now WHERE client_id = :client_id AND ended_at IS NULL;
