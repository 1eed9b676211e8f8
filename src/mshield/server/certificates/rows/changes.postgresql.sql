-- name: certify
-- Stores the signed certificate, its key's state and the event in one round trip; returns no row if it was already
-- stored or has ended. If the key isn't in the state that the reservation left, the division by zero rolls everything
-- back.
WITH made AS (
  UPDATE certificates SET der = :der, state = 'active', changed_at = :now
  WHERE serial = :serial AND state = 'issued' AND der IS NULL
  RETURNING serial, uid, state),
key AS (
  UPDATE keys SET state = 'certified', certificate = made.serial, generation = generation + 1 FROM made
  WHERE keys.uid = made.uid AND keys.state = 'confirmed'
  RETURNING keys.uid),
event AS (
  INSERT INTO certificate_events (id, serial, event, actor, actor_id, reason, state, holds, revocation_reason, at)
  SELECT :id, made.serial, :event, :actor, NULL, '', made.state, '', NULL, :now FROM made)
SELECT :call::int AS call, 1 / (SELECT COUNT(*) FROM key) AS whole FROM made;
