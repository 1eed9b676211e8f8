-- Acts by who did them, in the order of their times (ADR 129).
-- depends: 0111_unlocks_with_a_login

CREATE INDEX IF NOT EXISTS acts_by ON acts (actor_id, id);
