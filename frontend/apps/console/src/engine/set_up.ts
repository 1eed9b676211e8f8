/** First access: the code of the address, a password, and a second factor. */

import { answered } from "@mshield/desk/client.ts";

import { api, type SetUpBegun } from "./client.ts";
import { enter } from "./session.ts";

export async function open(code: string): Promise<SetUpBegun> {
  return answered(api.POST("/api/console/set-ups", { body: { code } }));
}

export interface NewLogin {
  readonly code: string;
  readonly password: string;
  readonly enrolment: string;
  readonly totpCode: string;
}

export async function complete({ code, password, enrolment, totpCode }: NewLogin): Promise<void> {
  const body = { code, password, enrolment, totp_code: totpCode.replace(/\s/g, "") };
  enter(await answered(api.POST("/api/console/set-ups/completions", { body })));
}
