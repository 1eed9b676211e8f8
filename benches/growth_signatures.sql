-- Signed requests for growth_population.py, one document each: numbers FIRST to LAST, by people below PEOPLE, at NOW
-- (ms). NUMBERS becomes the database's expression that counts from FIRST to LAST, HASH[x] its SHA-256 of a text. They
-- are logged, and their contents are purged.

WITH RECURSIVE n (i) AS (NUMBERS)
INSERT INTO requests (id, client_id, kind, state, number, body_hash, created_at, expires_at, changed_at, asker_name,
  asker_domain, uid, seal_version, seal)
SELECT '00a20c23-c300-7092-a9c2-' || substr(CAST(1000000000000 + i AS TEXT), 2), (SELECT MIN(client_id) FROM business_systems),
  'signature', 'signed', '482917', HASH['b' || i], NOW - 1000000 + i % 1000000, NOW, NOW, '中国国际贸易单一窗口', 'window.example',
  substr(HASH['k' || (i % PEOPLE)], 1, 16), 2, HASH['q' || i] FROM n;

WITH RECURSIVE n (i) AS (NUMBERS)
INSERT INTO tasks (sid, request_id, position, uid, purpose, state, message, media_type, title, display, created_at,
  expires_at, seal_version, seal)
SELECT substr(HASH['t' || i], 1, 16), '00a20c23-c300-7092-a9c2-' || substr(CAST(1000000000000 + i AS TEXT), 2), 0,
  substr(HASH['k' || (i % PEOPLE)], 1, 16), 'sign', 'signed', HASH['m' || i], 'text/plain', '报关单', '[]', NOW, NOW, 1,
  HASH['w' || i] FROM n;

WITH RECURSIVE n (i) AS (NUMBERS)
INSERT INTO signatures (sid, uid, request_id, purpose, digest, signature, signed_at, log_index, key_version, seal_version, seal)
SELECT substr(HASH['t' || i], 1, 16), substr(HASH['k' || (i % PEOPLE)], 1, 16),
  '00a20c23-c300-7092-a9c2-' || substr(CAST(1000000000000 + i AS TEXT), 2), 'sign', HASH['d' || i], HASH['s' || i],
  NOW - 1000000 + i % 1000000, 1000000000 + i, 1, 1, HASH['v' || i] FROM n;
