-- name: keys
SELECT k.uid, k.enrol_sid, k.challenge_hash, k.expires_at, k.public_key, k.mark, k.certificate, c.uid AS certified_uid
FROM keys k LEFT JOIN certificates c ON c.serial = k.certificate
WHERE k.uid > :after ORDER BY k.uid LIMIT :most;

-- name: certified
SELECT c.serial, c.der, k.public_key FROM certificates c LEFT JOIN keys k ON k.uid = c.uid
WHERE c.serial > CAST(:after AS TEXT) AND c.der IS NOT NULL ORDER BY c.serial LIMIT :most;
