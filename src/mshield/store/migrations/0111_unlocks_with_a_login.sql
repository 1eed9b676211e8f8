-- The login at a PC that an unlock may sign beside itself, under the same PIN (docs/adr/0125-one-pin.md). Its mark is its own:
-- the release before this one checks the unlock's, and lets such a token sign the unlock alone.
-- depends: 0110_device_models

ALTER TABLE unlocks ADD COLUMN login_sid BYTEA;
ALTER TABLE unlocks ADD COLUMN login_mark BYTEA;
