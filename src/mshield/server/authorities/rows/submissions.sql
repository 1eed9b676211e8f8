-- Requests at outside CAs. Each change is guarded by state and next_at as they were read: of two processes one goes on.

-- name: insert!
INSERT INTO ca_submissions (handle, key, ca, p10, state, next_at, created_at, changed_at)
VALUES (:handle, :key, :ca, :p10, 'asked', :now, :now, :now);

-- name: find^
SELECT s.handle, s.key, s.ca, s.p10, s.state, s.answer, s.chain, s.issuer_serial, s.ca_serial, s.code, s.words, s.reference,
  s.transaction_box, s.tries, s.next_at, s.created_at, s.changed_at, s.seal_version, s.seal
FROM ca_submissions s WHERE s.handle = :handle;

-- name: newest_of_device^
-- State of a phone's application, if the newest certificate of the device was requested from an outside CA.
SELECT s.handle, s.key, s.ca, s.p10, s.state, s.answer, s.chain, s.issuer_serial, s.ca_serial, s.code, s.words, s.reference,
  s.transaction_box, s.tries, s.next_at, s.created_at, s.changed_at, s.seal_version, s.seal
FROM certificates c JOIN ca_submissions s ON s.handle = c.serial
WHERE c.device_id = :device_id AND c.account_id = :account_id
  AND NOT EXISTS (SELECT 1 FROM certificates d WHERE d.device_id = c.device_id AND d.account_id = c.account_id
    AND (d.issued_at > c.issued_at OR (d.issued_at = c.issued_at AND d.serial > c.serial)));

-- name: due
SELECT handle FROM ca_submissions
WHERE state IN ('asked', 'waiting', 'answered', 'accepting', 'bad', 'cancelling', 'revoking') AND next_at <= :now
ORDER BY next_at, handle LIMIT :most;

-- name: change!
UPDATE ca_submissions SET state = :state, answer = :answer, chain = :chain, issuer_serial = :issuer_serial,
  ca_serial = :ca_serial, code = :code, words = :words, reference = :reference, transaction_box = :transaction_box,
  tries = :tries, next_at = :next_at, changed_at = :changed_at
WHERE handle = :handle AND state = :old_state AND next_at = :old_next_at;

-- name: chain^
SELECT sealed(ca_submissions AS s) FROM ca_submissions s WHERE s.issuer_serial = :issuer_serial;

-- name: certificate^
-- Data sent to the CA beside the request: holder and enterprise as on file, and the reason of the revocation.
SELECT c.uid, c.subject, c.organisation, c.credit_code, c.role, c.common_name, c.revocation_reason, c.state,
  p.id AS person_id, p.id_type, p.id_number_box, p.phone,
  (SELECT o.answer FROM renewals r JOIN ca_submissions o ON o.handle = r.old_serial JOIN ca_submissions s ON s.handle = :handle
    WHERE r.sid = c.request_sid AND o.ca = s.ca) AS renewed
FROM (SELECT c.uid, c.request_sid, k.subject, c.organisation, c.credit_code, c.role, c.common_name, c.revocation_reason, c.state, c.person_id
  FROM certificates c JOIN keys k ON k.uid = c.uid WHERE c.serial = :handle) c
JOIN filed_persons p ON p.id = c.person_id;
