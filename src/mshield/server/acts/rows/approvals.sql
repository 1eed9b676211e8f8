-- name: expire!
-- An undecided approval that expires makes room for a new one.
UPDATE approvals SET state = 'expired', sealed_box = NULL WHERE id = :id AND state = 'waiting' AND expires_at <= :now;

-- name: over
SELECT id FROM approvals WHERE state = 'waiting' AND expires_at <= :now;

-- name: insert!
INSERT INTO approvals (id, act, subject, details, sealed_box, reason, asked_by, asked_at, expires_at, state)
VALUES (:id, :act, :subject, :details, :sealed_box, :reason, :asked_by, :now, :expires_at, 'waiting');

-- name: find^
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a LEFT JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.id = :id;

-- name: page
-- Newest first; an empty state or requester matches all. An approval without a requester is everybody's. :acts is a
-- comma-separated list of names, or empty for all.
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a LEFT JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.id < :before AND (a.state = :state OR :state = '') AND (a.asked_by = :asked_by OR a.asked_by IS NULL OR :asked_by = '')
  AND (:acts = '' OR :acts LIKE '%,' || a.act || ',%') ORDER BY a.id DESC LIMIT :most;

-- name: decide!
-- Decides once, in time, and never by the requester or the person concerned; one without a requester can only be
-- refused.
UPDATE approvals SET state = :state, decided_by = :by, decided_at = :now, refused_reason = :refused_reason, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND subject <> :by
  AND (asked_by <> :by OR (asked_by IS NULL AND :refuses = 1));

-- name: about
-- The waiting approvals of this act and subject, and those decided since then, newest first.
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a LEFT JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.act = :act AND a.subject = :subject AND (
  (a.state = 'waiting' AND a.expires_at > :now) OR (a.state IN ('approved', 'refused') AND a.decided_at > :since))
ORDER BY a.id DESC LIMIT :most;

-- name: ask!
-- Sets the first of the two people for what the service submitted.
UPDATE approvals SET asked_by = :by, asked_at = :now, expires_at = :expires_at
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by IS NULL AND subject <> :by;

-- name: drop!
-- Withdrawn by the service, because it is outdated.
UPDATE approvals SET state = 'withdrawn', decided_at = :now, sealed_box = NULL WHERE id = :id AND state = 'waiting';

-- name: of_subject
SELECT id, details FROM approvals WHERE subject = :subject AND act = :act ORDER BY id;

-- name: erase_person!
UPDATE approvals SET details = :details, reason = '', refused_reason = NULL WHERE id = :id;

-- name: withdraw!
UPDATE approvals SET state = 'withdrawn', decided_by = :by, decided_at = :now, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by = :by;

-- name: lock_people!
-- Prevents that either person is disabled or loses a role before the decision is committed.
UPDATE staff SET state = state WHERE id IN (:one, :other) AND state = 'active';
