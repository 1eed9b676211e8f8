-- Business systems that two security officers let ask for what a phone can't show. Without a row, or with one that has
-- ended, a system may not; so none may after this migration. asked_by and approved_by are two members of staff, null where
-- two people did it at the server, whom the act names.
-- depends: 0057_excluded

CREATE TABLE unshown_allowances (
  client_id TEXT PRIMARY KEY REFERENCES business_systems (client_id),
  approval_id TEXT REFERENCES approvals (id),
  asked_by TEXT REFERENCES staff (id),
  approved_by TEXT REFERENCES staff (id),
  allowed_at BIGINT NOT NULL,
  ended_at BIGINT,
  seal_version BIGINT NOT NULL DEFAULT 0,
  seal BYTEA
);
