/** The service's jobs, and a run of one at once. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type Job = Schemas["JobMessage"];

export const readJobs = () => answered(api.GET("/api/console/jobs"));
export const runJob = (name: string) =>
  answered(api.POST("/api/console/jobs/{name}/runs", { params: { path: { name } } }));
