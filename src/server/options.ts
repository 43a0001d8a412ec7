/**
 * The options of the server.
 *
 * @module
 */

import { choice, file, option } from "../config/option.ts";

/** How the environment is served. */
export const SERVE_OPTIONS = {
  host: option("127.0.0.1", "address to listen on; beyond this machine a token is needed", "ours"),
  port: option(8000, "port to listen on (0 = any that is free)", "ours", { range: [0, 65535] }),
  tokenEnv: option(
    "FINESTEP_TOKEN",
    "environment variable that holds the token clients must show",
    "ours",
  ),
  maxSessions: option(256, "sessions at a time", "ours", { range: [1, 100_000] }),
  idleSeconds: option(900, "seconds after which a session that nobody uses ends", "neighbour", {
    range: [1, 1e9],
  }),
  reward: choice(
    "outcome",
    ["outcome", "process"],
    "the one number of a step: outcome: 0 until the last one's outcome; process: its process reward, " +
      "and the last one's outcome on top (metadata always has both)",
    "ours",
  ),
  trajectories: file(
    "",
    "file that each episode is added to as a line, for finestep credit (none = not kept)",
    "ours",
  ),
};
