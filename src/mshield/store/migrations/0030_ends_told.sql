-- What is told of a request's end: to a system whose login came by OpenID Connect also which of its logins that was, as
-- JSON. No index, and no statement of signing touches it. Dead letters are found and counted by their endpoint.
-- depends: 0028_rows_changed_in_place

ALTER TABLE requests ADD COLUMN oidc TEXT;
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (endpoint_id) WHERE state = 'dead';
