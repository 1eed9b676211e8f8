-- One round trip for what SQLite does in several statements of one transaction.

-- name: open
WITH key AS (
  UPDATE keys SET generation = generation + 1, opens_window = :opens_window, opens = :opens, last_epoch = :last_epoch,
    otp_prev_spent = otp_prev_spent OR :forget_previous
  WHERE uid = :uid AND generation = :generation
  RETURNING uid)
INSERT INTO signing_sessions (uid, epoch, otp_hash, rn_hash, next_epoch, items, k2_box, fb, bound_at, expires_at)
SELECT uid, :epoch::bigint, :otp_hash::bytea, :rn_hash::bytea, :next_epoch::bigint, :items::bytea, :k2_box::bytea, NULL, NULL,
  :expires_at::bigint
FROM key
ON CONFLICT (uid) DO UPDATE SET epoch = excluded.epoch, otp_hash = excluded.otp_hash, rn_hash = excluded.rn_hash,
  next_epoch = excluded.next_epoch, items = excluded.items, k2_box = excluded.k2_box, fb = NULL, bound_at = NULL,
  expires_at = excluded.expires_at
RETURNING :call::int AS call;

-- name: reserve
-- The generation guards both halves: everything that replaces or ends the session also increments it, except the job
-- that deletes expired sessions. If the session is gone, the division by zero rolls back the count, as in `release`.
WITH key AS (
  UPDATE keys SET failures = failures + 1, wrong_total = wrong_total + 1, generation = generation + 1,
    seal_version = :seal_version, seal = :seal
  WHERE uid = :uid AND generation = :generation AND failures < :most_failures AND wrong_total < :most_wrong
  RETURNING uid),
bound AS (
  UPDATE signing_sessions SET fb = :fb, bound_at = :now WHERE uid = (SELECT uid FROM key) AND fb IS NULL
  RETURNING uid, epoch, otp_hash, rn_hash, next_epoch, items, k2_box, fb, bound_at, expires_at),
kept AS (
  INSERT INTO attempts_under_way (uid, epoch, otp_hash, rn_hash, next_epoch, items, k2_box, fb, bound_at, expires_at)
  SELECT uid, epoch, otp_hash, rn_hash, next_epoch, items, k2_box, fb, bound_at, expires_at FROM bound
  ON CONFLICT (uid) DO UPDATE SET epoch = excluded.epoch, otp_hash = excluded.otp_hash, rn_hash = excluded.rn_hash,
    next_epoch = excluded.next_epoch, items = excluded.items, k2_box = excluded.k2_box, fb = excluded.fb,
    bound_at = excluded.bound_at, expires_at = excluded.expires_at)
SELECT :call::int AS call, 1 / (SELECT COUNT(*) FROM bound) AS whole FROM key;

-- name: release
-- The whole outcome of a correct PIN for one document. If the document, the certificate or the account was closed
-- meanwhile, or another call was faster, the division by zero rolls everything back, and the caller runs the steps one
-- by one instead. Only an error can do that: `signed` and `key` must not happen without each other, all parts of a
-- statement see the database as it was before it, and an UPDATE in WITH runs whatever the rest does. A function that
-- raises would also work, but would need a migration. In a group (server/database/batching.py) the error also rolls
-- back the other members; each is then repeated by itself. `finished` ignores the document itself, since this
-- statement still sees it as unsigned.
WITH signed AS (
  UPDATE tasks SET state = 'signed'
  WHERE sid = :sid AND uid = :uid AND state = 'waiting' AND expires_at > :now
    AND (purpose = 'enrol'
      OR EXISTS (SELECT 1 FROM certificates c
        WHERE c.serial = :serial AND usable(c)))
  RETURNING request_id, purpose),
key AS (
  UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
    seal_version = :seal_version, seal = :seal,
    since_refresh = since_refresh + :count, otp_open = 0, otp_prev_spent = FALSE, otp_prev_hash = :otp_prev_hash, rn_prev_hash = :rn_prev_hash, otp_hash = :otp_hash,
    state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
    outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
  WHERE uid = :uid AND generation = :generation
    AND (SELECT a.state FROM accounts a WHERE a.id = keys.account_id) = 'active'
  RETURNING uid),
ended AS (DELETE FROM signing_sessions USING key WHERE signing_sessions.uid = key.uid),
settled AS (DELETE FROM attempts_under_way USING key WHERE attempts_under_way.uid = key.uid),
shown AS (
  INSERT INTO values_that_succeeded (shown, at) SELECT :value::bytea, :now::bigint FROM key
  ON CONFLICT (shown) DO UPDATE SET at = excluded.at),
stored AS (
  INSERT INTO signatures (sid, uid, serial, request_id, purpose, digest, signature, signed_at, key_version,
    seal_version, seal, shown, confirmed, pages, shield_number, id_number_masked)
  SELECT :sid::bytea, key.uid, :serial::text, signed.request_id, signed.purpose, :digest::bytea, :signature::bytea, :now::bigint,
    :seal_version::bigint, 1, :sealed::bytea, :shown::bytea, :confirmed::text, :pages::text,
    :shield_number::text, :id_number_masked::text
  FROM key, signed),
finished AS (
  UPDATE requests SET state = 'signed', changed_at = :now
  WHERE id = (SELECT request_id FROM signed) AND state = 'scanned' AND EXISTS (SELECT 1 FROM key)
    AND NOT EXISTS (SELECT 1 FROM tasks
      WHERE tasks.request_id = requests.id AND tasks.state NOT IN ('signed', 'declined') AND tasks.sid <> :sid))
SELECT :call::int AS call, ARRAY(SELECT request_id FROM signed) AS request_ids,
  1 / ((SELECT COUNT(*) FROM signed) * (SELECT COUNT(*) FROM key)) AS whole;

-- name: release_batch^
-- The same for several documents: either all of them or none.
WITH signed AS (
  UPDATE tasks SET state = 'signed'
  WHERE sid = ANY(:sids::bytea[]) AND uid = :uid AND state = 'waiting' AND expires_at > :now
    AND (purpose = 'enrol'
      OR EXISTS (SELECT 1 FROM certificates c
        WHERE c.serial = :serial AND usable(c)))
  RETURNING sid, request_id, purpose),
key AS (
  UPDATE keys SET failures = 0, wrong_total = wrong_total - 1, generation = generation + 1,
    seal_version = :seal_version, seal = :seal,
    since_refresh = since_refresh + :count, otp_open = 0, otp_prev_spent = FALSE, otp_prev_hash = :otp_prev_hash, rn_prev_hash = :rn_prev_hash, otp_hash = :otp_hash,
    state = CASE WHEN state = 'enrolling' AND :enrolled THEN 'confirmed' ELSE state END,
    outcome_fb = :fb, outcome_box = :outcome_box, outcome_at = :now
  WHERE uid = :uid AND generation = :generation
    AND (SELECT a.state FROM accounts a WHERE a.id = keys.account_id) = 'active'
  RETURNING uid),
ended AS (DELETE FROM signing_sessions USING key WHERE signing_sessions.uid = key.uid),
settled AS (DELETE FROM attempts_under_way USING key WHERE attempts_under_way.uid = key.uid),
shown AS (
  INSERT INTO values_that_succeeded (shown, at) SELECT :value::bytea, :now::bigint FROM key
  ON CONFLICT (shown) DO UPDATE SET at = excluded.at),
stored AS (
  INSERT INTO signatures (sid, uid, serial, request_id, purpose, digest, signature, signed_at, key_version,
    seal_version, seal, shown, confirmed, pages, shield_number, id_number_masked)
  SELECT signed.sid, key.uid, :serial::text, signed.request_id, signed.purpose, s.digest, s.signature, :now, :seal_version, 1, s.seal,
    s.shown, s.confirmed, s.pages, s.shield_number, s.id_number_masked
  FROM key, signed JOIN unnest(:sids::bytea[], :digests::bytea[], :signatures::bytea[], :seals::bytea[], :showns::bytea[],
      :confirmeds::text[], :pages::text[], :shield_numbers::text[], :ids_masked::text[])
      AS s (sid, digest, signature, seal, shown, confirmed, pages, shield_number, id_number_masked)
    ON s.sid = signed.sid),
finished AS (
  UPDATE requests SET state = 'signed', changed_at = :now FROM key
  WHERE requests.id IN (SELECT request_id FROM signed) AND requests.state = 'scanned'
    AND NOT EXISTS (SELECT 1 FROM tasks
      WHERE tasks.request_id = requests.id AND tasks.state NOT IN ('signed', 'declined') AND tasks.sid <> ALL(:sids::bytea[])))
SELECT array_agg(DISTINCT request_id) AS request_ids,
  1 / (CASE WHEN count(*) = cardinality(:sids::bytea[]) AND EXISTS (SELECT 1 FROM key) THEN 1 ELSE 0 END) AS whole
FROM signed;
