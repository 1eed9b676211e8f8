/** The figures' call, as of this reader's day. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type Dashboard = Schemas["DashboardMessage"];
export type Point = Schemas["PointMessage"];
export type Alarm = Schemas["AlarmMessage"];
export type Span = "day" | "month";

/** When this reader's day began. */
function startOfToday(now = Date.now()): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

export const readDashboard = (span: Span) =>
  answered(api.GET("/api/console/dashboard", { params: { query: { today: startOfToday(), span } } }));
