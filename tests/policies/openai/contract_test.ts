import { Endpoint } from "../../../src/policies/openai/endpoint.ts";
import { OpenAiPolicy, type OpenAiPolicyOptions } from "../../../src/policies/openai/policy.ts";
import { policyContract } from "../../contracts/policy_contract.ts";
import { CHARACTERS, idsOf } from "./characters.ts";
import {
  type Asked,
  completed,
  MODEL,
  said,
  type Script,
  ScriptedServer,
} from "./scripted_server.ts";

/** Lends a policy whose server answers by the seed of the request. */
function lender(script: Script, options: Partial<OpenAiPolicyOptions>) {
  return async (use: (policy: OpenAiPolicy) => Promise<void>) => {
    await using server = new ScriptedServer(script);
    const { baseUrl } = server;
    using endpoint = new Endpoint({
      ...{ baseUrl, model: MODEL, apiKey: null, concurrency: 4, timeoutMs: 10_000, retries: 0 },
      cache: null,
    });
    await use(new OpenAiPolicy({ endpoint, temperature: 1, maxTokens: 64, ...options }));
  };
}

const textOf = ({ body }: Asked) => `${body.seed % 1000}`;

policyContract({
  name: "OpenAiPolicy by chat",
  lend: lender((asked) => said(textOf(asked)), {}),
  hasTokens: false,
});

policyContract({
  name: "OpenAiPolicy by token ids",
  lend: lender((asked) => {
    const ids = [...idsOf(textOf(asked)), 0];
    return completed(textOf(asked), {
      token_ids: ids,
      logprobs: { token_logprobs: ids.map(() => -1) },
    });
  }, { chat: CHARACTERS }),
  hasTokens: true,
});
