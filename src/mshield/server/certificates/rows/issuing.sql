-- From a signed certification request to its reservation. Statements for only one database are in that database's
-- file. A person's reservations are counted at their first account, the oldest; the counters of the others don't
-- change.

-- name: find_by_token
-- Keys whose CertificationRequest is signed, with all that the certificate is made from. No row if the login is
-- invalid, a row of nulls if it has no such key. Excludes keys of renewals, which come into force in another way. Each
-- large table is read by a subquery: PostgreSQL would scan it in a join as long as it has no statistics.
SELECT CAST(:call AS INTEGER) AS call, p.account_id AS login_account_id, p.device_id AS login_device_id,
  p.expires_at AS login_expires_at, p.mark AS login_mark,
  sealed(keys AS k), k.public_key, k.enrol_sid, k.mark,
  (SELECT b.id FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
    WHERE a.id = p.account_id ORDER BY b.created_at, b.id LIMIT 1) AS first_account_id,
  (SELECT b.reservations FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
    WHERE a.id = p.account_id ORDER BY b.created_at, b.id LIMIT 1) AS reservations,
  d.shield_number, f.id_number_box, sealed(filed_persons AS f),
  (SELECT t.message FROM tasks t WHERE t.sid = k.enrol_sid) AS message,
  (SELECT s.signature FROM signatures s WHERE s.sid = k.enrol_sid) AS signature,
  c.serial, c.issuer, c.not_before, c.not_after, c.state AS certificate_state
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
LEFT JOIN keys k ON k.device_id = d.id AND k.account_id = p.account_id AND k.state = 'confirmed'
  AND NOT EXISTS (SELECT 1 FROM renewals r WHERE r.sid = k.enrol_sid)
LEFT JOIN filed_persons f ON f.id = k.person_id
LEFT JOIN certificates c ON c.request_sid = k.enrol_sid
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now
  AND (SELECT a.state FROM accounts a WHERE a.id = p.account_id) = 'active';

-- name: find_of_device
-- Like `find_by_token`, for a login that is known to be valid.
SELECT sealed(keys AS k), k.public_key, k.enrol_sid, k.mark,
  (SELECT b.id FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
    WHERE a.id = k.account_id ORDER BY b.created_at, b.id LIMIT 1) AS first_account_id,
  (SELECT b.reservations FROM accounts a JOIN accounts b ON b.id_number_hash = a.id_number_hash
    WHERE a.id = k.account_id ORDER BY b.created_at, b.id LIMIT 1) AS reservations,
  d.shield_number, f.id_number_box, sealed(filed_persons AS f),
  (SELECT t.message FROM tasks t WHERE t.sid = k.enrol_sid) AS message,
  (SELECT s.signature FROM signatures s WHERE s.sid = k.enrol_sid) AS signature,
  c.serial, c.issuer, c.not_before, c.not_after, c.state AS certificate_state
FROM keys k
JOIN devices d ON d.id = k.device_id
LEFT JOIN filed_persons f ON f.id = k.person_id
LEFT JOIN certificates c ON c.request_sid = k.enrol_sid
WHERE k.device_id = :device_id AND k.account_id = :account_id AND k.state = 'confirmed'
  AND NOT EXISTS (SELECT 1 FROM renewals r WHERE r.sid = k.enrol_sid);

-- name: take_turn!
-- Makes concurrent applications of one person wait, so that their devices can be counted. A call that counted earlier
-- notices the changed number and counts again.
UPDATE accounts SET reservations = reservations + 1 WHERE id = :first_account_id;

-- name: standing^
SELECT k.state, c.serial FROM keys k LEFT JOIN certificates c ON c.request_sid = k.enrol_sid WHERE k.uid = :uid;

-- name: on_file^
SELECT id FROM filed_persons WHERE id = :person_id AND ended_at IS NULL;

-- name: pin_device!
-- From now on only this account can log in on the device (R7).
UPDATE devices SET account_id = :account_id WHERE id = :device_id AND (account_id IS NULL OR account_id = :account_id);

-- name: refuse_key!
-- Voids a key whose application was refused at the last step: it never gets a certificate.
UPDATE keys SET state = 'void', generation = generation + 1 WHERE uid = :uid AND state = 'confirmed';
