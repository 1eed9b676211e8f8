/** Resetting a forgotten password: who may do it, what it ends, and what remains. */

import { expect, test } from "vitest";

import { type PasswordReset, PLATFORM } from "../src/index.ts";
import { logIn, phone, register } from "./phone.ts";
import { SERVICE, smsCode } from "./service.ts";

// Other tests log in as the demonstration's people, so their passwords must not change.
const OWNER = {
  ...SERVICE.people.operator,
  name: "沈若澜",
  id_number: "33020319930727264X",
  phone: "13800006028",
  password: "Demo-clerk-2026",
};
const NEW = "Quite-another-2026";

/** Returns the form as the user fills it in, with a fresh code. */
async function form(): Promise<PasswordReset> {
  // Interval between two SMS codes.
  await PLATFORM.sleep(1050);
  await phone("forgetful").requestSmsCode("reset", OWNER.phone);
  return {
    phone: OWNER.phone,
    smsCode: await smsCode("reset", OWNER.phone),
    idNumber: OWNER.id_number,
    password: NEW,
  };
}

test("code and ID number reset the password, and all logins end", async () => {
  const [here, there] = [phone("forgetful"), phone("logged in elsewhere")];
  await register(here, OWNER);
  await logIn(there, OWNER);
  const registration = await form();
  const wrong = { ...registration, idNumber: SERVICE.people.operator.id_number };
  await expect(here.resetPassword(wrong)).rejects.toMatchObject({ code: "reset_refused", faq: "3.4" });
  await expect(here.resetPassword({ ...registration, password: "1234567890" })).rejects.toMatchObject({
    code: "weak_password",
  });
  // A refused attempt costs the code one attempt but leaves it valid.
  await here.resetPassword(registration);
  await expect(here.resetPassword(registration)).rejects.toMatchObject({ code: "sms_code_expired" });
  await expect(there.me()).rejects.toMatchObject({ code: "unauthenticated" });
  await expect(logIn(here, OWNER)).rejects.toMatchObject({ code: "login_failed" });
  await logIn(here, { ...OWNER, password: NEW });
  expect((await here.me()).account.name).toBe(OWNER.name);
});
