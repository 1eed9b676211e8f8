/** Sent SMS. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

export type SmsQuery = Query<"listSms">;

export const readSms = (query: SmsQuery) => unwrapAnswer(api.GET("/api/console/sms", { params: { query } }));
