"""Scripts that end the login stored on a phone."""

from typing import Final

END_LOGIN: Final = """async (expiresAt) => {
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) => /^mshield(?!-biometric)/.test(name));
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open(name));
  const [table] = database.objectStoreNames;
  const records = database.transaction(table, "readwrite").objectStore(table);
  const [key] = await done(records.getAllKeys());
  const state = await done(records.get(key));
  await done(records.put({ ...state, session: { ...state.session, expiresAt: expiresAt ?? 1 } }, key));
  database.close();
}"""
"""Ends the stored login, as after twelve hours, and keeps the shield. Or sets when it ends, in ms."""
