/**
 * The engine on a Tinker server as the commands set it up: what the server can do is found out first,
 * and what it cannot do rightly is refused.
 *
 * @module
 */

import type { EngineOptions } from "../engines/options.ts";
import { TinkerEngine } from "../engines/tinker/engine.ts";
import { type Findings, probe } from "../engines/tinker/probe.ts";
import { Session } from "../engines/tinker/session.ts";
import { checkedReducing, warningsOf } from "../engines/tinker/verdict.ts";
import { LORA_TARGETS } from "../models/lora.ts";
import type { Model } from "../models/model_folder.ts";

/** What the servers of this process were found to do, by what they were asked. */
const KNOWN = new Map<string, Promise<Findings>>();

/** Servers make adapters with this alpha, and the protocol has no word for another. */
const SERVER_ALPHA = 32;

/** A session as the options say. */
export async function openSession(
  { server, baseModel, serverKeyEnv, serverTimeout }: Pick<
    EngineOptions,
    "server" | "baseModel" | "serverKeyEnv" | "serverTimeout"
  >,
): Promise<Session> {
  if (server === "") {
    throw new RangeError(
      'Cannot use a Tinker server as "--server" must give its address: none is given',
    );
  }
  return await Session.open({
    url: server.replace(/\/+$/, "").replace(/\/api\/v1$/, ""),
    apiKey: Deno.env.get(serverKeyEnv) ?? null,
    timeoutMs: 1000 * serverTimeout,
    onWaiting: warn,
  }, baseModel);
}

/**
 * An engine whose adapters are on a server.
 *
 * @param seed Of the adapters.
 * @throws {RangeError} If the options or the server are not such that training is as asked for.
 */
export async function makeTinkerEngine(
  { config, chat }: Pick<Model, "config" | "chat">,
  options: EngineOptions,
  seed: number,
): Promise<TinkerEngine> {
  checkAdapters(options);
  const { beta1, beta2, weightDecay, maxGradientNorm, loraRank: rank, slots } = options;
  const session = await openSession(options);
  try {
    const findings = await knownFindings(session, options, chat.vocabSize);
    const { serverProfile: profile, adam } = options;
    const demands = { profile, adam, maxGradientNorm, weightDecay };
    const reducing = checkedReducing(findings, demands);
    warningsOf(findings).forEach(warn);
    return new TinkerEngine({
      ...{ session, config, chat, slots, reducing },
      adapters: { rank, seed },
      adam: { beta1, beta2, epsilon: 1e-8, weightDecay, maxGradientNorm },
      model: { wire: findings.wire },
      onWarning: warn,
    });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

function warn(message: string): void {
  console.error(`warning: ${message}`);
}

function checkAdapters({ adapter, loraRank, loraAlpha, loraTargets }: EngineOptions): void {
  const refuse = (rule: string, value: string | number) => {
    throw new RangeError(`Cannot use a Tinker server as ${rule}: current value is ${value}`);
  };
  if (adapter !== "") {
    refuse('"--adapter" must not be given, as adapters begin anew there', adapter);
  }
  if (loraRank === 0) refuse('"--lora-rank" must be 1 or more, as adapters are learned', loraRank);
  if (loraAlpha !== SERVER_ALPHA) refuse(`"--lora-alpha" must be ${SERVER_ALPHA}`, loraAlpha);
  if (loraTargets !== LORA_TARGETS.join(",")) {
    refuse('"--lora-targets" must be all linear layers', loraTargets);
  }
}

/** What the server does, which is found out once. */
function knownFindings(
  session: Session,
  { loraRank: rank, weightDecay }: EngineOptions,
  vocabSize: number,
): Promise<Findings> {
  const options = { rank, vocabSize, triesLosses: false, triesWeightDecay: weightDecay > 0 };
  const key = JSON.stringify([session.transport.url, session.baseModel, options]);
  const known = KNOWN.get(key);
  if (known) return known;
  console.error(`Probing ${session.transport.url} (finestep engine probe shows what comes of it)`);
  const found = probe(session, options);
  KNOWN.set(key, found);
  return found;
}
