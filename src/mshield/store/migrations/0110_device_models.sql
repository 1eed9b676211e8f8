-- The model of a device, as its browser said it at the last login.
-- depends: 0104_cosignatures

ALTER TABLE device_uses ADD COLUMN model TEXT;
