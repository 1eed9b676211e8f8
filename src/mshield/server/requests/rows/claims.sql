-- name: own_number^
-- The shield number of a device that has applied.
SELECT shield_number FROM devices WHERE jkt = :jkt AND account_id IS NOT NULL;

-- name: claimable^
-- A request by QR code, with the shield of the device that scans it; no row for a device that never applied.
SELECT r.id, r.kind, r.state, r.shield_number, r.created_at, r.expires_at, r.pc_address, r.pc_browser, r.client_id,
  r.asker_name, r.asker_domain, r.number, r.channel, r.return_url, r.mark, d.shield_number AS own_number, d.account_id
FROM devices d
LEFT JOIN requests r ON r.id = :id AND r.channel = 'qr'
  AND (SELECT s.state FROM business_systems s WHERE s.client_id = r.client_id) = 'active'
WHERE d.jkt = :jkt AND d.account_id IS NOT NULL;

-- name: login_task^
-- The document that a login signs, before a phone accepts the request.
SELECT t.sid, t.message FROM tasks t WHERE t.request_id = :id AND t.purpose = 'login' AND t.position = 0;
