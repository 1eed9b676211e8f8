-- name: insert!
INSERT INTO filing_proposals (id, approval_id, line, record_hash, record_box, before_hash, state, seal_version, seal)
VALUES (:id, :approval_id, :line, :record_hash, :record_box, :before_hash, :state, :seal_version, :seal);

-- name: waiting
-- Whether the same change of the same filed data is already waiting.
SELECT p.record_hash, p.before_hash FROM filing_proposals p JOIN approvals a ON a.id = p.approval_id
WHERE p.record_hash = :record_hash AND p.before_hash = :before_hash AND a.state = 'waiting' AND a.expires_at > :now
LIMIT 1;

-- name: page
SELECT id, approval_id, line, record_hash, record_box, before_hash, state, seal_version, seal
FROM filing_proposals
WHERE approval_id = :approval_id AND line > :after ORDER BY line LIMIT :most;

-- name: settle!
UPDATE filing_proposals SET state = :state WHERE id = :id AND state = 'waiting';
