/** Entry of the worker: a share lives in this thread, and only during an operation. */

import type { Port } from "./remote_secrets.ts";
import { serveSecrets } from "./serve_secrets.ts";

serveSecrets(globalThis as unknown as Port);
