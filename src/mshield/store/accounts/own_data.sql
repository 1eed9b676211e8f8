-- name: account
SELECT phone, name, id_type, source, state, created_at FROM accounts WHERE id = :account_id;

-- name: consents
SELECT policy, version, place, agreed_at, withdrawn_at FROM policy_consents WHERE account_id = :account_id ORDER BY agreed_at, id;

-- name: identity_proofs
SELECT p.way, p.proven_at, p.counts_from, p.ended_at, f.credit_code, f.role FROM identity_proofs p
LEFT JOIN filed_persons f ON f.id = p.person_id WHERE p.account_id = :account_id ORDER BY p.proven_at, p.id;

-- name: certificates
SELECT serial, shield_number, state, issued_at, not_after, revoked_at FROM certificates
WHERE account_id = :account_id ORDER BY issued_at, serial;

-- name: logins
SELECT created_at, expires_at, ended_at, address, browser FROM phone_sessions
WHERE account_id = :account_id ORDER BY created_at;

-- name: notices
SELECT kind, state, created_at, ended_at FROM notifications WHERE account_id = :account_id ORDER BY created_at, id;

-- name: signatures
-- The newest first; the content is the business system's.
SELECT s.purpose, s.signed_at, t.title, s.serial, r.asker_name AS business_name, r.pc_address, r.pc_browser
FROM signatures s JOIN tasks t ON t.sid = s.sid JOIN keys k ON k.uid = s.uid
LEFT JOIN requests r ON r.id = s.request_id
WHERE k.account_id = :account_id ORDER BY s.signed_at DESC, s.sid DESC LIMIT :most;

-- name: closings
SELECT asked_at, due_at, state, ended_at FROM closings WHERE account_id = :account_id ORDER BY asked_at;
