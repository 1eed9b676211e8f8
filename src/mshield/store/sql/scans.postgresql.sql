-- One round trip for what SQLite does in two statements of one transaction.

-- name: scan
WITH taken AS (
  UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
  WHERE id = :id AND channel = :channel AND expires_at > :now
    AND (shield_number IS NULL OR shield_number = :shield_number)
    AND ((state = 'waiting' AND created_at BETWEEN :earliest AND :latest) OR (state = 'scanned' AND uid = :uid))
  RETURNING id),
claimed AS (
  UPDATE tasks SET uid = :uid FROM taken
  WHERE tasks.request_id = taken.id AND (tasks.uid IS NULL OR tasks.uid = :uid))
SELECT :call::int AS call FROM taken;

-- name: take
WITH taken AS (
  UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
  WHERE id = :id AND channel = 'qr' AND shield_number = :shield_number AND expires_at > :now
    AND (state = 'waiting' OR (state = 'scanned' AND uid = :uid))
  RETURNING id),
claimed AS (
  UPDATE tasks SET uid = :uid FROM taken
  WHERE tasks.request_id = taken.id AND (tasks.uid IS NULL OR tasks.uid = :uid))
SELECT :call::int AS call FROM taken;
