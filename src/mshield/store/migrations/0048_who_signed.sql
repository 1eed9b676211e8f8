-- Who signed is read from sealed rows: whose a certificate is, which request an OpenID login waits for, and whom a legal
-- person confirms.
-- depends: 0047_phone_changes

ALTER TABLE certificates ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN seal BYTEA;

-- Logins that are under way have no seal and begin anew; access tokens last ten minutes.
DELETE FROM oidc_authorizations;
ALTER TABLE oidc_authorizations ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE oidc_authorizations ADD COLUMN seal BYTEA;

-- What waits has no seal and is asked again.
DELETE FROM identity_requests WHERE state = 'waiting';
ALTER TABLE identity_requests ADD COLUMN seal_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identity_requests ADD COLUMN seal BYTEA;
