/**
 * Options of a Tinker server.
 *
 * @module
 */

import { choice, option } from "../../config/option.ts";
import { PROFILE_NAMES } from "./profile.ts";

/** Where a server is, and what it is. */
export const TINKER_OPTIONS = {
  server: option(
    "",
    "address of the Tinker server; the model's folder then gives tokenizer and chat template alone",
    "ours",
  ),
  baseModel: option("", "the server's name of the model (none = the only one it has)", "ours"),
  serverProfile: choice(
    "auto",
    ["auto", ...PROFILE_NAMES],
    "what the server must be found to be (auto = anything that can be trained on rightly)",
    "ours",
  ),
  adam: choice(
    "sent",
    ["sent", "server"],
    "whose constants of AdamW are used: the options', which the server must read, or the server's own, whatever they are",
    "ours",
  ),
  serverKeyEnv: option(
    "TINKER_API_KEY",
    "environment variable with the server's key; none is sent where it is not set",
    "ours",
  ),
  serverTimeout: option(1800, "longest wait for a result of the server, in s", "ours", {
    range: [1, 86_400],
  }),
};
