-- name: find_state^
SELECT origin, size, checkpoint, changed_at FROM log_state WHERE id = 1;

-- name: insert_state!
-- The first row is kept: a log has one name.
INSERT INTO log_state (id, origin, size, checkpoint, changed_at) VALUES (1, :origin, 0, :checkpoint, :now)
ON CONFLICT (id) DO NOTHING;

-- name: rename!
UPDATE log_state SET origin = :origin, checkpoint = :checkpoint, changed_at = :now WHERE id = 1 AND origin = :old;

-- name: advance!
-- If two processes number entries at once, the second finds that the log has grown, and gives up.
UPDATE log_state SET size = :size, checkpoint = :checkpoint, changed_at = :now WHERE id = 1 AND size = :old_size;

-- name: unlogged_signatures
-- The request has what was requested and by whom; without a request the entry is made from the signature's row alone.
SELECT s.log_index, s.sid, s.uid, s.request_id, s.purpose, s.digest, s.signature, s.signed_at, s.serial, s.shown, s.confirmed,
  s.shield_number, s.id_number_masked, s.pages,
  r.client_id, r.asker_name, r.asker_domain, t.title, t.media_type, t.display, t.format, t.size,
  LENGTH(t.message) AS message_size, LENGTH(t.content) AS content_size
FROM signatures s LEFT JOIN tasks t ON t.sid = s.sid LEFT JOIN requests r ON r.id = s.request_id
WHERE s.log_index IS NULL ORDER BY s.signed_at, s.sid LIMIT :limit;

-- name: unlogged_events
-- Events of issue also commit to the certificate.
SELECT e.log_index, e.id, e.serial, e.event, e.actor, e.actor_id, e.reason, e.state, e.holds, e.revocation_reason, e.at,
  c.der, c.uid, c.request_sid, c.account_id, c.device_id, c.person_id, c.filing_version, c.shield_number, c.organisation,
  c.credit_code, c.role, c.common_name, c.not_before, c.not_after, c.issued_at, c.issuer
FROM certificate_events e LEFT JOIN certificates c ON c.serial = e.serial AND e.event IN ('prepare', 'activate')
WHERE e.log_index IS NULL ORDER BY e.id LIMIT :limit;

-- name: unlogged_acts
SELECT log_index, id, actor, actor_id, act, subject, details, at
FROM acts WHERE log_index IS NULL ORDER BY id LIMIT :limit;

-- name: unlogged_changes
SELECT log_index, id, place, row_key, version, seal, at
FROM sealed_changes WHERE log_index IS NULL ORDER BY id LIMIT :limit;

-- name: unlogged_views
-- With the octets, since the entry commits to their digest.
SELECT log_index, id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at
FROM views WHERE log_index IS NULL ORDER BY id LIMIT :limit;

-- name: logged_signatures
SELECT s.log_index, s.sid, s.uid, s.request_id, s.purpose, s.digest, s.signature, s.signed_at, s.serial, s.shown, s.confirmed,
  s.shield_number, s.id_number_masked, s.pages,
  r.client_id, r.asker_name, r.asker_domain, t.title, t.media_type, t.display, t.format, t.size,
  LENGTH(t.message) AS message_size, LENGTH(t.content) AS content_size
FROM signatures s LEFT JOIN tasks t ON t.sid = s.sid LEFT JOIN requests r ON r.id = s.request_id
WHERE s.log_index >= :start AND s.log_index < :end ORDER BY s.log_index;

-- name: logged_events
SELECT e.log_index, e.id, e.serial, e.event, e.actor, e.actor_id, e.reason, e.state, e.holds, e.revocation_reason, e.at,
  c.der, c.uid, c.request_sid, c.account_id, c.device_id, c.person_id, c.filing_version, c.shield_number, c.organisation,
  c.credit_code, c.role, c.common_name, c.not_before, c.not_after, c.issued_at, c.issuer
FROM certificate_events e LEFT JOIN certificates c ON c.serial = e.serial AND e.event IN ('prepare', 'activate')
WHERE e.log_index >= :start AND e.log_index < :end ORDER BY e.log_index;

-- name: logged_acts
SELECT log_index, id, actor, actor_id, act, subject, details, at
FROM acts WHERE log_index >= :start AND log_index < :end ORDER BY log_index;

-- name: logged_changes
SELECT log_index, id, place, row_key, version, seal, at
FROM sealed_changes WHERE log_index >= :start AND log_index < :end ORDER BY log_index;

-- name: logged_views
SELECT log_index, id, client_id, view_id, version, digest, octets, approval_id, asked_by, approved_by, at
FROM views WHERE log_index >= :start AND log_index < :end ORDER BY log_index;

-- name: signatures_outside
SELECT log_index, sid FROM signatures WHERE log_index < 0 OR log_index >= :size ORDER BY log_index LIMIT :limit;

-- name: events_outside
SELECT log_index, id FROM certificate_events WHERE log_index < 0 OR log_index >= :size ORDER BY log_index LIMIT :limit;

-- name: acts_outside
SELECT log_index, id FROM acts WHERE log_index < 0 OR log_index >= :size ORDER BY log_index LIMIT :limit;

-- name: changes_outside
SELECT log_index, id FROM sealed_changes WHERE log_index < 0 OR log_index >= :size ORDER BY log_index LIMIT :limit;

-- name: views_outside
SELECT log_index, id FROM views WHERE log_index < 0 OR log_index >= :size ORDER BY log_index LIMIT :limit;

-- name: waiting^
SELECT (SELECT COUNT(*) FROM signatures WHERE log_index IS NULL)
  + (SELECT COUNT(*) FROM certificate_events WHERE log_index IS NULL)
  + (SELECT COUNT(*) FROM acts WHERE log_index IS NULL)
  + (SELECT COUNT(*) FROM sealed_changes WHERE log_index IS NULL)
  + (SELECT COUNT(*) FROM views WHERE log_index IS NULL) AS rows;

-- name: lives
-- The state of certificates beside all their events, one row each. SQLite casts even invalid UTF-8 to text.
SELECT c.serial, c.state, c.holds, c.changed_at, c.revoked_at, c.revocation_reason, c.held_since, c.not_after,
  c.der IS NOT NULL AS signed,
  e.event, e.state AS event_state, e.holds AS event_holds, e.at AS event_at,
  e.revocation_reason AS event_revocation_reason
FROM (SELECT serial, state, holds, changed_at, revoked_at, revocation_reason, held_since, not_after, der FROM certificates
  WHERE serial > CAST(:after AS TEXT) ORDER BY serial LIMIT :limit) c
LEFT JOIN certificate_events e ON e.serial = c.serial
ORDER BY c.serial, e.id;

-- name: without_certificate
SELECT DISTINCT e.serial FROM certificate_events e
WHERE NOT EXISTS (SELECT 1 FROM certificates c WHERE c.serial = e.serial) ORDER BY e.serial LIMIT :limit;

-- name: acts_on_authorities
SELECT act, subject, details, at FROM acts WHERE act LIKE 'ca.%' ORDER BY id;

-- name: erasures
SELECT subject, details FROM acts WHERE act = :act ORDER BY id;

-- name: authorities
SELECT name, certificate, revoked_at, revocation_reason FROM authorities ORDER BY created_at, name;

-- name: signature_position^
SELECT log_index FROM signatures WHERE sid = :sid;

-- name: certificate_position^
-- Log index of the certificate's issue.
SELECT log_index FROM certificate_events WHERE serial = :serial AND event IN ('prepare', 'activate') ORDER BY id LIMIT 1;

-- name: view_position^
SELECT log_index FROM views WHERE client_id = :client_id AND digest = :digest;

-- name: partial_tiles
SELECT level, width, hashes AS content FROM log_tiles WHERE width < 256;

-- name: find_tile^
SELECT width, hashes AS content FROM log_tiles WHERE level = :level AND number = :number;

-- name: outermost_tiles
-- For numbers, and for other values that SQLite stores in a numeric column: fractions, texts.
SELECT level, MIN(number) AS first, MAX(number) AS last FROM log_tiles
GROUP BY level, number <> CAST(number AS BIGINT);

-- name: outermost_bundles
SELECT MIN(number) AS first, MAX(number) AS last FROM log_bundles GROUP BY number <> CAST(number AS BIGINT);

-- name: put_tile!
-- A tile only grows; a full one never changes.
INSERT INTO log_tiles (level, number, width, hashes) VALUES (:level, :number, :width, :hashes)
ON CONFLICT (level, number) DO UPDATE SET width = excluded.width, hashes = excluded.hashes
WHERE log_tiles.width < excluded.width;

-- name: find_bundle^
SELECT width, entries AS content FROM log_bundles WHERE number = :number;

-- name: put_bundle!
INSERT INTO log_bundles (number, width, entries) VALUES (:number, :width, :entries)
ON CONFLICT (number) DO UPDATE SET width = excluded.width, entries = excluded.entries
WHERE log_bundles.width < excluded.width;
