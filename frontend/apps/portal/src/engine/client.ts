/** The portal's calls, typed by the service's OpenAPI document. */

import type { paths } from "@mshield/api/portal.ts";
import { makeClient } from "@mshield/desk/client.ts";

import { session } from "./session.ts";

export const api = makeClient<paths>(() => session.csrf);
