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

-- name: portal_logins
SELECT created_at, expires_at, ended_at, address, browser FROM portal_sessions
WHERE account_id = :account_id ORDER BY created_at;

-- name: devices
SELECT d.shield_number, d.created_at, u.name, u.browser, u.model, u.address, u.logged_in_at FROM devices d
LEFT JOIN device_uses u ON u.device_id = d.id AND u.account_id = d.account_id
WHERE d.account_id = :account_id ORDER BY d.created_at, d.id;

-- name: pushes
SELECT requests, notices, created_at FROM push_subscriptions WHERE account_id = :account_id ORDER BY created_at;

-- name: bindings
SELECT shield_number, client_id, asked_at, bound_at, ended_at FROM bindings WHERE account_id = :account_id ORDER BY asked_at;

-- name: identity_requests
SELECT state, address, browser, asked_at, decided_at FROM identity_requests WHERE account_id = :account_id ORDER BY asked_at, id;

-- name: phone_changes
SELECT old_phone, new_phone, state, approved_at, effective_at, ended_at FROM phone_changes
WHERE account_id = :account_id ORDER BY approved_at, id;

-- name: filed_phone_changes
SELECT old_phone, new_phone, state, approved_at, effective_at, ended_at FROM filed_phone_changes
WHERE account_id = :account_id ORDER BY approved_at, id;

-- name: asks
SELECT shield_number, kind, note, state, asked_at, decided_at, reason FROM shield_asks
WHERE account_id = :account_id ORDER BY asked_at, id;

-- name: notices
SELECT kind, state, created_at, ended_at FROM notifications WHERE account_id = :account_id ORDER BY created_at, id;

-- name: signatures
-- Newest first, after (before_at, before_sid); the content belongs to the business system. f is the document, if its view's
-- lines are short enough.
SELECT s.sid, s.purpose, s.signed_at, t.title, s.serial, r.asker_name AS business_name, r.pc_address, r.pc_browser,
  f.drawing, sealed(tasks AS f)
FROM signatures s JOIN tasks t ON t.sid = s.sid JOIN keys k ON k.uid = s.uid
LEFT JOIN tasks f ON f.sid = s.sid AND length(f.drawing) <= :most AND length(f.message) <= :most
LEFT JOIN requests r ON r.id = s.request_id
WHERE s.uid IN (SELECT c.uid FROM certificates c WHERE c.account_id = :account_id) AND k.account_id = :account_id
  AND (s.signed_at < :before_at OR (s.signed_at = :before_at AND s.sid < :before_sid))
ORDER BY s.signed_at DESC, s.sid DESC LIMIT :page_size;

-- name: closings
SELECT asked_at, due_at, state, ended_at FROM closings WHERE account_id = :account_id ORDER BY asked_at;

-- name: readings
-- Readings by staff, of the account and of the filing records that prove it.
SELECT r.kind, r.number_masked, r.at FROM readings r
WHERE r.subject <> '' AND r.subject IN (
  SELECT CAST(:account_id AS TEXT) UNION SELECT p.person_id FROM identity_proofs p
  WHERE p.account_id = :account_id AND p.person_id IS NOT NULL
  UNION SELECT c.person_id FROM certificates c WHERE c.account_id = :account_id
)
ORDER BY r.at, r.id;
