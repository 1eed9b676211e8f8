-- name: insert!
INSERT INTO policy_consents (id, account_id, policy, version, digest, place, agreed_at, withdrawn_at)
VALUES (:id, :account_id, :policy, :version, :digest, :place, :now, NULL);

-- name: current
-- The newest consent to each policy that wasn't withdrawn.
SELECT c.policy, c.version, c.agreed_at FROM policy_consents c
WHERE c.account_id = :account_id AND c.withdrawn_at IS NULL ORDER BY c.agreed_at, c.id;

-- name: history
SELECT policy, version, place, agreed_at, withdrawn_at FROM policy_consents
WHERE account_id = :account_id ORDER BY agreed_at, id;

-- name: withdraw!
UPDATE policy_consents SET withdrawn_at = :now WHERE account_id = :account_id AND withdrawn_at IS NULL;
