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
FROM approvals a JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.id = :id;

-- name: page
-- The newest first; an empty state, or nobody, stands for all. :acts are names between commas, or empty for all.
SELECT a.id, a.act, a.subject, a.details, a.sealed_box, a.reason, a.asked_by, m.name AS asked_by_name,
  m.roles AS asked_by_roles, a.asked_at, a.expires_at,
  a.state, a.decided_by, d.name AS decided_by_name, a.decided_at, a.refused_reason, a.seal_version, a.seal,
  (SELECT NULLIF(u.name, '') FROM accounts u WHERE u.id = a.subject) AS subject_name
FROM approvals a JOIN staff m ON m.id = a.asked_by LEFT JOIN staff d ON d.id = a.decided_by
WHERE a.id < :before AND (a.state = :state OR :state = '') AND (a.asked_by = :asked_by OR :asked_by = '')
  AND (:acts = '' OR :acts LIKE '%,' || a.act || ',%') ORDER BY a.id DESC LIMIT :most;

-- name: decide!
-- Once, in time, and never by who asked or whom it is about.
UPDATE approvals SET state = :state, decided_by = :by, decided_at = :now, refused_reason = :refused_reason, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by <> :by AND subject <> :by;

-- name: withdraw!
UPDATE approvals SET state = 'withdrawn', decided_by = :by, decided_at = :now, sealed_box = NULL
WHERE id = :id AND state = 'waiting' AND expires_at > :now AND asked_by = :by;

-- name: lock_people!
-- Until the decision is committed, neither is disabled nor loses a role.
UPDATE staff SET state = state WHERE id IN (:one, :other) AND state = 'active';
