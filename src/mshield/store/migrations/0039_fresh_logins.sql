-- How long after its signature a login still gets a code (ms): two minutes, or less where the client asked for that.
-- depends: 0038_askers_of_then

ALTER TABLE oidc_authorizations ADD COLUMN fresh_ms BIGINT NOT NULL DEFAULT 120000;
