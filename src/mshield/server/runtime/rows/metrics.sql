-- name: add!
INSERT INTO metrics (hour, operation, code, bucket, count) VALUES (:hour, :operation, :code, :bucket, :count)
ON CONFLICT (hour, operation, code, bucket) DO UPDATE SET count = metrics.count + excluded.count;

-- name: between
SELECT hour, operation, code, bucket, count FROM metrics WHERE hour >= :start AND hour < :until;

-- name: purge!
DELETE FROM metrics WHERE hour < :before;

-- name: issued
-- Certificates by the hour of their issue; uses the index certificates_newest.
SELECT c.issued_at - c.issued_at % :hour_ms AS hour, COUNT(*) AS count FROM certificates c
WHERE c.issued_at >= :start AND c.issued_at < :until AND c.der IS NOT NULL
GROUP BY hour;

-- name: clones
-- Shields held as possible copies; ids are ordered by time.
SELECT e.serial, e.at, c.shield_number FROM certificate_events e JOIN certificates c ON c.serial = e.serial
WHERE e.id >= :since AND e.event = 'find_clone' ORDER BY e.id DESC LIMIT :most;

-- name: dead
-- Abandoned webhook deliveries, by business system.
SELECT b.client_id, b.name, COUNT(*) AS count, MAX(d.ended_at) AS at FROM webhook_deliveries d
JOIN webhook_endpoints p ON p.id = d.endpoint_id JOIN business_systems b ON b.client_id = p.client_id
WHERE d.state = 'dead' AND d.ended_at >= :since GROUP BY b.client_id, b.name ORDER BY b.client_id;
