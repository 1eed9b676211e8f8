-- name: list_keys
SELECT kid, number, key_box, signs_from, created_at FROM oidc_keys ORDER BY number;

-- name: insert_key!
-- If two processes make the same number at once, one key is stored and the other process reads it.
INSERT INTO oidc_keys (kid, number, key_box, signs_from, created_at)
VALUES (:kid, :number, :key_box, :signs_from, :now) ON CONFLICT DO NOTHING;

-- name: delete_before!
DELETE FROM oidc_keys WHERE number < :number;
