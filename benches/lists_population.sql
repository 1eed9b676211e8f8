-- Numbered people, devices, keys and certificates for lists.py. BYTES[x] becomes the database's cast of text to bytes,
-- LAST the last certificate's number, LAST_SIGNATURE the last signature's, NOW a time in ms. Each enterprise has 1000
-- people with one certificate each; the first one's shields have ten signatures each.

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state, created_at)
SELECT 'a' || substr(CAST(10000000 + i AS TEXT), 2), 'a' || substr(CAST(10000000 + i AS TEXT), 2), '', '人' || i,
  'resident_id', BYTES['h' || i], BYTES[''], 'active', NOW FROM n;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO devices (id, jkt, public_key, account_id, shield_number, created_at)
SELECT 'd' || substr(CAST(10000000 + i AS TEXT), 2), 'j' || i, BYTES[''], 'a' || substr(CAST(10000000 + i AS TEXT), 2),
  'MS' || substr(CAST(100000000000 + i AS TEXT), 2), NOW FROM n;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO enterprises (credit_code, name, version, created_at, changed_at)
SELECT CASE WHEN i < 1000 THEN '91330206MA2XB7C1TW' ELSE 'E' || (i / 1000) END, '企业', 1, NOW, NOW
FROM n WHERE i % 1000 = 0;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version, created_at,
  changed_at)
SELECT 'p' || substr(CAST(10000000 + i AS TEXT), 2),
  CASE WHEN i < 1000 THEN '91330206MA2XB7C1TW' ELSE 'E' || (i / 1000) END, '人' || i, 'resident_id', BYTES['h' || i],
  BYTES[''], CASE WHEN i % 1000 = 0 THEN 'legal_person' ELSE 'operator' END, 1, NOW, NOW FROM n;

INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from)
VALUES ('i0000000', 'a0000000', 'p0000000', 'filing_code', 'service', NOW, NOW);

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO keys (uid, account_id, device_id, person_id, filing_version, subject, state, enrol_sid, epoch,
  last_epoch, failures, wrong_total, otp_hash, opens_window, opens, generation, created_at)
SELECT BYTES['k' || i], 'a' || substr(CAST(10000000 + i AS TEXT), 2), 'd' || substr(CAST(10000000 + i AS TEXT), 2),
  'p' || substr(CAST(10000000 + i AS TEXT), 2), 2, '', 'certified', BYTES['e' || i], 0, 0, 0, 0, BYTES[''], 0, 0, 0,
  NOW FROM n;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST)
INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version, shield_number,
  organisation, credit_code, role, common_name, der, state, holds, not_before, not_after, issued_at, changed_at, revoked_at)
SELECT 'a' || substr(CAST(10000000 + i AS TEXT), 2), BYTES['k' || i], BYTES['e' || i],
  'a' || substr(CAST(10000000 + i AS TEXT), 2), 'd' || substr(CAST(10000000 + i AS TEXT), 2),
  'p' || substr(CAST(10000000 + i AS TEXT), 2), 2, 'MS' || substr(CAST(100000000000 + i AS TEXT), 2), '企业',
  CASE WHEN i < 1000 THEN '91330206MA2XB7C1TW' ELSE 'E' || (i / 1000) END, 'operator', '人' || i, BYTES['der'],
  CASE WHEN i % 10 = 9 THEN 'revoked' ELSE 'active' END, CASE WHEN i % 50 = 7 THEN 'lost' ELSE '' END, NOW,
  NOW + 63072000000, NOW - 86400000 - i, NOW - 60000 - i, CASE WHEN i % 10 = 9 THEN NOW - 60000 - i END FROM n;

INSERT INTO certificate_events (id, serial, event, actor, reason, state, holds, at)
SELECT serial, serial, 'activate', 'service', '', 'active', '', NOW FROM certificates;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST_SIGNATURE)
INSERT INTO tasks (sid, position, uid, purpose, state, message, media_type, title, display, created_at, expires_at)
SELECT BYTES['t' || i], 0, BYTES['k' || (i % 1000)], 'sign', 'signed', BYTES[''], '', '', '', NOW, NOW FROM n;

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < LAST_SIGNATURE)
INSERT INTO signatures (sid, uid, purpose, digest, signature, signed_at)
SELECT BYTES['t' || i], BYTES['k' || (i % 1000)], 'sign', BYTES[''], BYTES[''], NOW + i FROM n;
