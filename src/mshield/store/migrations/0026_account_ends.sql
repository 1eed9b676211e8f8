-- Customer service disables an account and says why; the newest reason stands here, all of them among the acts. A login
-- knows whence it came, so that its owner can tell it from a stranger's.
-- depends: 0021_console_login

ALTER TABLE accounts ADD COLUMN disabled_at BIGINT;
ALTER TABLE accounts ADD COLUMN disabled_reason TEXT;
ALTER TABLE phone_sessions ADD COLUMN address TEXT;
ALTER TABLE phone_sessions ADD COLUMN browser TEXT;
ALTER TABLE portal_sessions ADD COLUMN address TEXT;
ALTER TABLE portal_sessions ADD COLUMN browser TEXT;
