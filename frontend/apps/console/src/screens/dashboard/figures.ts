/** Figures of the first page: totals until now, and comparisons until the last complete hour or day. */

import { day, time } from "@mshield/look/vue/dates.ts";

import type { Alarm, Dashboard, Point, Span } from "./calls.ts";

export type Measure = "signatures" | "logins" | "issued" | "declined";

export interface Total {
  /** Until now. */
  readonly now: number;
  /** Until the last complete hour or day, of this period and the previous one. */
  readonly whole: number;
  readonly before: number;
}

const sum = (points: readonly Point[], of: Measure): number =>
  points.reduce((all, point) => all + point[of], 0);

/** Returns how many points are complete. */
export function countComplete({ start, step, complete }: Dashboard): number {
  return Math.round((complete - start) / step);
}

export function total(figures: Dashboard, of: Measure): Total {
  const n = countComplete(figures);
  return {
    now: sum(figures.points, of),
    whole: sum(figures.points.slice(0, n), of),
    before: sum(figures.before.slice(0, n), of),
  };
}

/** Returns labels for the whole period, including the future. */
export function labels(figures: Dashboard, span: Span): string[] {
  const n = Math.max(figures.points.length, figures.before.length);
  return Array.from({ length: n }, (_, index) => {
    const at = figures.start + index * figures.step;
    return span === "day" ? time(at) : day(at).slice(5);
  });
}

const PAGES: Record<Alarm["page"], string> = {
  certificates: "/certificates",
  accounts: "/accounts",
  systems: "/systems",
  jobs: "/jobs",
  ca: "/ca",
  sms: "/sms?state=failed",
  dashboard: "",
};

/** Returns the page of an alarm; null if it is on this page. */
export function alarmPath({ page, record }: Alarm): string | null {
  const place = PAGES[page];
  if (!place) return null;
  const isOne = page === "certificates" || page === "accounts" || page === "systems";
  return isOne && record ? `${place}/${record}` : place;
}
