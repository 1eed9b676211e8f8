-- name: find^
SELECT sealed(business_systems AS b), sealed(oidc_clients AS c)
FROM oidc_clients c JOIN business_systems b ON b.client_id = c.client_id WHERE c.client_id = :client_id;

-- name: list_all
SELECT sealed(business_systems AS b), sealed(oidc_clients AS c)
FROM oidc_clients c JOIN business_systems b ON b.client_id = c.client_id ORDER BY b.created_at;

-- name: set!
INSERT INTO oidc_clients (client_id, redirect_uris, logout_uris, auth_method, jwks, par_required, changed_at)
VALUES (:client_id, :redirect_uris, :logout_uris, :auth_method, :jwks, :par_required, :now)
ON CONFLICT (client_id) DO UPDATE SET redirect_uris = :redirect_uris, logout_uris = :logout_uris, auth_method = :auth_method,
  jwks = :jwks, par_required = :par_required, changed_at = :now, seal = NULL;

-- name: remove!
DELETE FROM oidc_clients WHERE client_id = :client_id;
