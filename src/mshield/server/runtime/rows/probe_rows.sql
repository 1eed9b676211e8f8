-- name: insert_probe!
-- Expired from the start, so the sweep removes what an interrupted probe leaves.
INSERT INTO captcha_uses (captcha_hash, expires_at) VALUES (:octets, 0);

-- name: delete_probe!
DELETE FROM captcha_uses WHERE captcha_hash = :octets;
