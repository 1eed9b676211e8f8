/** The service's jobs, and running one at once. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type Job = Schemas["JobMessage"];

export const readJobs = () => unwrapAnswer(api.GET("/api/console/jobs"));
export const runJob = (name: string) =>
  unwrapAnswer(api.POST("/api/console/jobs/{name}/runs", { params: { path: { name } } }));
