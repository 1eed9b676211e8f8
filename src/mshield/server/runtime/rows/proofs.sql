-- name: spend
INSERT INTO dpop_proofs (proof_hash, expires_at) VALUES (:proof_hash, :expires_at)
ON CONFLICT (proof_hash) DO NOTHING RETURNING CAST(:call AS INTEGER) AS call;

-- name: purge!
DELETE FROM dpop_proofs WHERE expires_at < :before;
