-- name: insert!
INSERT INTO views (id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at)
VALUES (:id, :client_id, :view_id, :version, :digest, :octets, :approval_id, :asked_by, :approved_by, :at);

-- name: last_version^
SELECT MAX(version) AS version FROM views WHERE client_id = :client_id AND view_id = :view_id;

-- name: find^
SELECT id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at, withdrawn_at,
  seal_version, seal
FROM views WHERE client_id = :client_id AND view_id = :view_id AND version = :version;

-- name: find_digest^
SELECT id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at, withdrawn_at,
  seal_version, seal
FROM views WHERE client_id = :client_id AND digest = :digest;

-- name: newest^
SELECT id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at, withdrawn_at,
  seal_version, seal
FROM views v WHERE v.client_id = :client_id AND v.view_id = :view_id AND v.withdrawn_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM views n WHERE n.client_id = v.client_id AND n.view_id = v.view_id AND n.version > v.version);

-- name: in_force
-- The newest version of each id unless it was withdrawn: withdrawing it puts no earlier one in force. If there is
-- none, a row with only the number of changes.
SELECT s.changes, v.id, v.client_id, v.view_id, v.version, v.digest, v.octets, v.approval_id, v.asked_by, v.approved_by, v.at,
  v.withdrawn_at, v.seal_version, v.seal
FROM (SELECT view_changes(:client_id) AS changes) s
LEFT JOIN views v ON v.client_id = :client_id AND v.withdrawn_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM views n WHERE n.client_id = v.client_id AND n.view_id = v.view_id AND n.version > v.version)
ORDER BY v.view_id;

-- name: changes^
SELECT view_changes(:client_id) AS changes;

-- name: list_all
SELECT id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at, withdrawn_at,
  seal_version, seal
FROM views WHERE client_id = :client_id ORDER BY view_id, version DESC;

-- name: by_digest^
-- Returns any system's view with this digest: the octets are the same.
SELECT id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at, withdrawn_at,
  seal_version, seal
FROM views WHERE digest = :digest ORDER BY id LIMIT 1;

-- name: withdraw!
UPDATE views SET withdrawn_at = :now WHERE id = :id AND withdrawn_at IS NULL;

-- name: put_file!
INSERT INTO view_files (approval_id, position, name, content) VALUES (:approval_id, :position, :name, :content);

-- name: files
SELECT name, content FROM view_files WHERE approval_id = :approval_id ORDER BY position;

-- name: drop_files!
-- Deletes the files of approvals that were not granted.
DELETE FROM view_files WHERE approval_id IN (
  SELECT id FROM approvals WHERE act = 'view.add' AND state IN ('refused', 'withdrawn', 'expired'));
