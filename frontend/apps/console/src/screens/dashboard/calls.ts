/** Call for the figures of the day in the displayed time zone. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";
import { startOfDay } from "@mshield/look/vue/dates.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type Dashboard = Schemas["DashboardMessage"];
export type Point = Schemas["PointMessage"];
export type Alarm = Schemas["AlarmMessage"];
export type Span = "day" | "month";

const HOUR_MS = 3_600_000;

/**
 * Returns the start of the local day, rounded down to a full UTC hour: figures are per UTC hour, and some zones
 * are off by half an hour.
 */
const today = (): number => Math.floor(startOfDay(Date.now()) / HOUR_MS) * HOUR_MS;

export const readDashboard = (span: Span) =>
  unwrapAnswer(api.GET("/api/console/dashboard", { params: { query: { today: today(), span } } }));
