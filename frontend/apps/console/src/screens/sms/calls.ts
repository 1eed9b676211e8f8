/** What was sent by SMS. */

import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

export type SmsQuery = Query<"listSms">;

export const readSms = (query: SmsQuery) => answered(api.GET("/api/console/sms", { params: { query } }));
