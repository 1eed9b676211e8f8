-- name: expire!
-- What nobody decided in time makes room for a new question.
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
-- The newest first; an empty state, or nobody, stands for all. What nobody has asked for yet is everybody's. :acts are names between commas, or empty for all.
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a LEFT JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.id < :before AND (a.state = :state OR :state = '') AND (a.asked_by = :asked_by OR a.asked_by IS NULL OR :asked_by = '')
  AND (:acts = '' OR :acts LIKE '%,' || a.act || ',%') ORDER BY a.id DESC LIMIT :most;

-- name: decide!
-- Once, in time, and never by who asked or whom it is about; what nobody has asked for yet can only be refused.
UPDATE approvals SET state = :state, decided_by = :by, decided_at = :now, refused_reason = :refused_reason, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND subject <> :by
  AND (asked_by <> :by OR (asked_by IS NULL AND :refuses = 1));

-- name: about
-- What waits, and what was decided since then, of one act and subject, the newest first.
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a LEFT JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.act = :act AND a.subject = :subject AND (
  (a.state = 'waiting' AND a.expires_at > :now) OR (a.state IN ('approved', 'refused') AND a.decided_at > :since))
ORDER BY a.id DESC LIMIT :most;

-- name: ask!
-- The first of two, for what the service submitted.
UPDATE approvals SET asked_by = :by, asked_at = :now, expires_at = :expires_at
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by IS NULL AND subject <> :by;

-- name: drop!
-- By the service: it is outdated.
UPDATE approvals SET state = 'withdrawn', decided_at = :now, sealed_box = NULL WHERE id = :id AND state = 'waiting';

-- name: withdraw!
UPDATE approvals SET state = 'withdrawn', decided_by = :by, decided_at = :now, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by = :by;

-- name: lock_people!
-- Until the decision is committed, neither is disabled nor loses a role.
UPDATE staff SET state = state WHERE id IN (:one, :other) AND state = 'active';
