/** The figures' call, as of the day in the zone in which times are told. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";
import { startOfDay } from "@mshield/look/vue/dates.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type Dashboard = Schemas["DashboardMessage"];
export type Point = Schemas["PointMessage"];
export type Alarm = Schemas["AlarmMessage"];
export type Span = "day" | "month";

const HOUR_MS = 3_600_000;

/** When the day began; figures are kept by the hour of UTC, from which some zones are half an hour away. */
const today = (): number => Math.floor(startOfDay(Date.now()) / HOUR_MS) * HOUR_MS;

export const readDashboard = (span: Span) =>
  answered(api.GET("/api/console/dashboard", { params: { query: { today: today(), span } } }));
