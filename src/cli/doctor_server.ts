/**
 * Whether a server answers, and which protocol it speaks.
 *
 * @module
 */

import type { ServerFacts } from "./doctor_facts.ts";

/** A request that servers of one protocol answer, and how such an answer is known. */
interface Sign {
  readonly protocol: string;
  readonly path: string;
  readonly isIt: (body: Record<string, unknown>) => boolean;
}

/** How long a server may take for one answer, in ms. */
const TIMEOUT_MS = 5000;

const SIGNS: readonly Sign[] = [
  { protocol: "OpenAI's API", path: "/v1/models", isIt: ({ data }) => Array.isArray(data) },
  { protocol: "Tinker's API", path: "/api/v1/healthz", isIt: ({ status }) => status === "ok" },
  { protocol: "OpenEnv", path: "/health", isIt: ({ status }) => status === "healthy" },
  {
    protocol: "OpenEnv's environment finestep",
    path: "/metadata",
    isIt: ({ name }) => String(name).startsWith("finestep"),
  },
  { protocol: "ORS", path: "/list_environments", isIt: (body) => Array.isArray(body) },
];

/**
 * Asks a server the questions that each protocol has an answer to.
 *
 * @param url With or without what its protocol's paths begin with, such as `/v1`.
 * @throws {TypeError} If it is no URL of HTTP.
 */
export async function askServer(url: string): Promise<ServerFacts> {
  const base = baseOf(url);
  const asked = await Promise.all(SIGNS.map((sign) => ask(base, sign)));
  return {
    url,
    speaks: asked.filter(({ isKnown }) => isKnown).map(({ sign }) => sign.protocol),
    answers: asked.map(({ sign, answer }) => `${sign.path}: ${answer}`),
  };
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) {
    return url.replace(/\/+$/, "").replace(/(\/api)?\/v1$/, "");
  }
  throw new TypeError(
    `Cannot ask a server as its URL must begin with http:// or https://: current value is ${url}`,
  );
}

async function ask(base: string, sign: Sign) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(base + sign.path, { signal });
    const text = await response.text();
    return { sign, answer: String(response.status), isKnown: response.ok && isSign(sign, text) };
  } catch (error) {
    const { name, message, cause } = error as Error;
    const isLate = name === "TimeoutError";
    // What fetch says itself is only that it failed.
    const reason = (cause as Error | undefined)?.message ?? message;
    const answer = isLate ? `no answer in ${TIMEOUT_MS / 1000} s` : reason;
    return { sign, answer, isKnown: false };
  }
}

function isSign({ isIt }: Sign, text: string): boolean {
  try {
    return isIt(Object(JSON.parse(text)));
  } catch {
    return false;
  }
}
