/** The console's calls, typed by the service's OpenAPI document. */

import type { paths } from "@mshield/api/console.ts";
import { makeClient } from "@mshield/desk/client.ts";

import { renewSecondFactor } from "./second_factor.ts";
import { session } from "./session.ts";

export const api = makeClient<paths>(() => session.csrf, renewSecondFactor);
