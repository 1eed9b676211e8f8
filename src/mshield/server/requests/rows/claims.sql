-- name: own_number^
-- The shield of a device that has applied.
SELECT shield_number FROM devices WHERE jkt = :jkt AND account_id IS NOT NULL;

-- name: claimable^
-- A request by QR code, beside the shield of the device that reads its code; no row for a device that never applied.
SELECT r.id, r.kind, r.state, r.shield_number, r.created_at, r.expires_at, r.pc_address, r.pc_browser, r.client_id,
  r.asker_name, r.asker_domain, r.number, r.channel, r.return_url, r.mark, d.shield_number AS own_number, d.account_id
FROM devices d
LEFT JOIN requests r ON r.id = :id AND r.channel = 'qr'
  AND (SELECT s.state FROM business_systems s WHERE s.client_id = r.client_id) = 'active'
WHERE d.jkt = :jkt AND d.account_id IS NOT NULL;

-- name: login_task^
-- What a login has to sign, before anybody takes it.
SELECT t.sid, t.message FROM tasks t WHERE t.request_id = :id AND t.purpose = 'login' AND t.position = 0;
