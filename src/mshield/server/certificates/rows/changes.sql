-- name: standing^
SELECT state, holds FROM certificates WHERE serial = :serial;

-- name: serial_in_force^
SELECT certificate AS serial FROM keys WHERE uid = :uid AND certificate IS NOT NULL;

-- name: move!
-- Guarded by the state that was read. revoked_at is set once, by the first change that ends the certificate.
UPDATE certificates SET state = :state, holds = :holds, changed_at = :now,
  held_since = CASE WHEN :is_held THEN CASE WHEN holds = '' THEN :now ELSE held_since END END,
  revoked_at = CASE WHEN :ends THEN :now ELSE revoked_at END,
  revocation_reason = CASE WHEN :ends THEN :revocation_reason ELSE revocation_reason END
WHERE serial = :serial AND state = :old_state AND holds = :old_holds;

-- name: note_listed!
-- The next revocation list includes it (server/publication/rows/shards). Written in the transaction of the change, so
-- that none is lost.
INSERT INTO crl_changes (serial, issuer, changes) SELECT serial, issuer, 1 FROM certificates WHERE serial = :serial
ON CONFLICT (serial) DO UPDATE SET changes = crl_changes.changes + 1;

-- name: keep_signed!
-- A renewed certificate stays `issued`, signed, until it is confirmed.
UPDATE certificates SET der = :der, changed_at = :now WHERE serial = :serial AND state = 'issued' AND der IS NULL;

-- name: insert_event!
INSERT INTO certificate_events (id, serial, event, actor, actor_id, reason, state, holds, revocation_reason, at)
VALUES (:id, :serial, :event, :actor, :actor_id, :reason, :state, :holds, :revocation_reason, :now);

-- name: history
SELECT id, serial, event, actor, actor_id, reason, state, holds, at FROM certificate_events
WHERE serial = :serial ORDER BY id;

-- name: uid_of^
SELECT uid FROM certificates WHERE serial = :serial;

-- name: set_validity!
-- What an outside CA's certificate says replaces what was reserved.
UPDATE certificates SET not_before = :not_before, not_after = :not_after WHERE serial = :serial;

-- name: activate!
-- The first signed certificate is the one; a second one made of the same reservation is thrown away.
UPDATE certificates SET der = :der, state = 'active', changed_at = :now
WHERE serial = :serial AND state = 'issued' AND der IS NULL;

-- name: certify_key!
-- A key's first certificate is the one in force for it; a later one is put in force by its renewal.
UPDATE keys SET state = 'certified', certificate = :serial, generation = generation + 1
WHERE uid = :uid AND state = 'confirmed';
