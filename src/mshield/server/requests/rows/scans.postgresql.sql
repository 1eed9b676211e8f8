-- One round trip for what SQLite does in two statements of one transaction.

-- name: take
-- Returns the documents as before the statement; `taken` reports that the request and they are now this key's.
-- Documents of a request that the key already has are not updated: signing and declining lock documents first, and
-- would deadlock with this statement.
WITH taken AS (
  UPDATE requests SET state = 'scanned', uid = :uid, changed_at = :now
  WHERE id = :id AND channel = :channel AND expires_at > :now
    AND (shield_number = :shield_number OR (shield_number IS NULL AND NOT :from_inbox))
    AND (SELECT b.state FROM business_systems b WHERE b.client_id = requests.client_id) = 'active'
    AND ((state = 'waiting' AND created_at BETWEEN :earliest AND :latest) OR (state = 'scanned' AND uid = :uid))
  RETURNING id),
claimed AS (
  UPDATE tasks SET uid = :uid FROM taken
  WHERE tasks.request_id = taken.id AND tasks.uid IS NULL)
SELECT :call::int AS call, EXISTS (SELECT 1 FROM taken) AS taken,
  r.id, r.kind, r.state AS request_state, r.number, r.shield_number, r.return_url, r.pc_address, r.pc_browser,
  r.created_at, r.prolonged_at, r.channel, r.mark, r.client_id, r.asker_name, r.asker_domain, t.sid, t.uid, t.purpose, t.state, t.message, t.media_type, t.title, t.display,
  t.format, t.content, t.size, t.expires_at, t.prepared
FROM requests r
JOIN tasks t ON t.request_id = r.id
WHERE r.id = :id ORDER BY t.position;

-- name: usable_key
-- The same by a subquery for each shield: in joins, PostgreSQL would scan the large tables as long as it has no
-- statistics.
SELECT :call::int AS call, p.account_id AS login_account_id, p.device_id AS login_device_id,
  p.expires_at AS login_expires_at, p.mark AS login_mark,
  c.uid, c.shield_number, c.state, c.holds, c.not_after, c.filing_version,
  (SELECT f.version + e.version FROM filed_persons f JOIN enterprises e ON e.credit_code = f.credit_code
    WHERE f.id = c.person_id) AS filed_version
FROM phone_sessions p
JOIN devices d ON d.id = p.device_id AND d.jkt = :jkt
LEFT JOIN LATERAL (
  SELECT k.uid, n.shield_number, n.state, n.holds, n.not_after, n.filing_version, n.person_id
  FROM keys k JOIN certificates n ON n.serial = k.certificate
  WHERE k.device_id = p.device_id AND n.device_id = p.device_id AND n.account_id = p.account_id
    AND NOT ended(n)
  ORDER BY n.issued_at DESC LIMIT 1) c ON TRUE
WHERE p.token_hash = :token_hash AND p.ended_at IS NULL AND p.expires_at > :now
  AND (SELECT a.state FROM accounts a WHERE a.id = p.account_id) = 'active';
