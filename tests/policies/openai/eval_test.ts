import assert from "finestep/assert";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openModel } from "../../../src/models/model_folder.ts";
import { openStore } from "../../../src/store/run_store.ts";
import { tinyQuestions } from "../../tiny/bird.ts";
import { FinestepProcess } from "../../tiny/finestep_process.ts";
import { finestep, type Outcome, Workplace } from "../../tiny/workplace.ts";
import { type Asked, completed, MODEL, refusal, said, ScriptedServer } from "./scripted_server.ts";

const GOLD = new Map(tinyQuestions("dev").map(({ question, SQL }) => [String(question), SQL]));

/** Takes a while and gives no rows. */
const SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) " +
  "SELECT max(i) FROM n WHERE i < 0";

/** Looks first and then answers; right where the question is about all items or the cheapest. */
function answered({ body: { messages } }: Asked, look = "SELECT 1"): Response {
  const [question, sql] = [...GOLD].find(([question]) => messages[1].content.endsWith(question))!;
  const isFirst = messages.length === 2;
  return said(
    isFirst ? call(look) : answer(/many|lowest/.test(question) ? sql : "SELECT 'wrong'"),
  );
}

function call(sql: string): string {
  const json = JSON.stringify({ name: "execute_sql", arguments: { sql } });
  return `<reasoning>Look.</reasoning>\n<tool_call>\n${json}\n</tool_call>`;
}

function answer(sql: string): string {
  return `<reasoning>So.</reasoning>\n<answer>\n\`\`\`sql\n${sql}\n\`\`\`\n</answer>`;
}

function flagsOf(workplace: Workplace, { baseUrl }: ScriptedServer): string[] {
  return [
    ...["--policy", "openai", "--base-url", baseUrl, "--model", MODEL, "--concurrency", "2"],
    ...["--data", workplace.file("data"), "--store", workplace.store, "--workers", "1"],
  ];
}

function evaluate(
  workplace: Workplace,
  server: ScriptedServer,
  ...flags: readonly string[]
): Promise<Outcome> {
  return finestep("eval", ...flagsOf(workplace, server), ...flags);
}

function resume(workplace: Workplace): Promise<Outcome> {
  return finestep("eval", "--resume", "1", "--store", workplace.store);
}

/** What an evaluation comes to, without its times. */
function found(workplace: Workplace) {
  using store = openStore(workplace.store);
  return {
    status: store.run(1).status,
    metrics: store.metrics(1),
    verdicts: store.verdicts(1, "eval").map((one) => ({ ...one, predictedMs: 0, goldMs: 0 })),
    messages: Array.from(
      store.episodes(1, "eval"),
      ({ episode }) => [episode.exampleId, ...episode.steps.map(({ text }) => text)].join(),
    ).sort(),
  };
}

/** What an uninterrupted evaluation comes to. */
async function whole(server: ScriptedServer) {
  await using workplace = await Workplace.open();
  const { code, stdout, stderr } = await evaluate(workplace, server);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /: 4 of 8 right$/m);
  assert.match(stdout, /^16 answers: 16 asked for, 0 from the cache; 1600 prompt tokens/m);
  assert.match(stdout, /fit for evaluation, not for training$/m);
  return found(workplace);
}

function storedVerdicts({ store: path }: Workplace): number {
  if (!existsSync(path)) return 0;
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    return Number(database.prepare("SELECT count(*) AS n FROM verdicts").get()!.n);
  } catch {
    // The store is being made.
    return 0;
  }
}

function started(workplace: Workplace, server: ScriptedServer): FinestepProcess {
  return new FinestepProcess(workplace, "eval", ...flagsOf(workplace, server));
}

Deno.test("finestep eval --policy openai, killed and resumed, finds what it finds uninterrupted", async () => {
  await using server = new ScriptedServer((asked) => answered(asked, SLOW));
  await using workplace = await Workplace.open();
  const process = started(workplace, server);
  await process.written(() => storedVerdicts(workplace) >= 2);
  await process.killed();
  const before = storedVerdicts(workplace);
  assert(before >= 2 && before < 8, `${before} stored`);
  const { code, stderr } = await resume(workplace);
  assert.equal(code, 0, stderr);
  assert.deepEqual(found(workplace), await whole(server));
});

Deno.test("finestep eval --policy openai stops on Ctrl-C without waiting for the server, and goes on later", async () => {
  let isStuck = true;
  const stuck = Promise.withResolvers<void>();
  await using server = new ScriptedServer((asked) => {
    if (!isStuck || asked.count < 8) return answered(asked);
    stuck.resolve();
    return null;
  });
  await using workplace = await Workplace.open();
  const process = started(workplace, server);
  await stuck.promise;
  const { code, stdout } = await process.interrupted();
  assert.equal(code, 130);
  assert.match(
    stdout,
    /^Stopped after [34] of 8 questions; go on with: finestep eval --resume 1 --store .*$/m,
  );
  isStuck = false;
  assert.equal((await resume(workplace)).code, 0);
  assert.deepEqual(found(workplace), await whole(server));
});

Deno.test("finestep eval --policy openai keeps what it has when the server dies, and goes on later", async () => {
  let isDead = false;
  await using server = new ScriptedServer((asked) => {
    isDead ||= asked.count === 7;
    return isDead ? refusal(500, "CUDA error") : answered(asked);
  });
  await using workplace = await Workplace.open();
  const { code, stdout, stderr } = await evaluate(workplace, server, "--retries", "0");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^What was found is stored; go on with: finestep eval --resume 1 --store .*\nCannot ask the endpoint as it must answer: .*\/chat\/completions: HTTP 500: CUDA error \(1 try\)\n$/m,
  );
  assert(storedVerdicts(workplace) >= 1);
  assert.equal(found(workplace).status, "failed");
  server.script = answered;
  const resumed = await resume(workplace);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(found(workplace), await whole(server));
});

Deno.test("finestep eval --policy openai asks nothing twice, unless --cache off", async () => {
  await using workplace = await Workplace.open();
  const server = new ScriptedServer(answered);
  assert.equal((await evaluate(workplace, server)).code, 0);
  assert.equal((await evaluate(workplace, server, "--cache", "off")).code, 0);
  assert.deepEqual([server.asked.length, server.listed], [32, 2]);
  await server[Symbol.asyncDispose]();
  const { code, stdout } = await evaluate(workplace, server);
  assert.equal(code, 0);
  assert.match(stdout, /: 4 of 8 right$/m);
  assert.match(stdout, /^16 answers: 0 asked for, 16 from the cache; 0 prompt tokens/m);
});

Deno.test("finestep eval --policy openai --tools native calls tools by the API, at a known cost", async () => {
  await using server = new ScriptedServer(({ body: { messages } }) =>
    messages.length > 2 ? said(answer("SELECT count(*) FROM item")) : said("Look.", {
      message: {
        tool_calls: [{
          id: "a",
          type: "function",
          function: { name: "execute_sql", arguments: '{"sql": "SELECT 1"}' },
        }],
      },
    })
  );
  await using workplace = await Workplace.open();
  const { code, stdout, stderr } = await evaluate(
    workplace,
    server,
    ...["--tools", "native", "--price-input", "10", "--price-output", "100"],
  );
  const exported = await finestep("export", "1", "--store", workplace.store);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /: 2 of 8 right$/m);
  assert.match(stdout, /; 1600 prompt tokens .*; 160 completion tokens; cost 0\.03200$/m);
  const { usage, identity } = JSON.parse(exported.stdout);
  assert.deepEqual([usage.answers, usage.completion_tokens], [16, 160]);
  assert.deepEqual([identity.policy.kind, identity.policy.endpoint.tools], ["endpoint", "native"]);
  const { body } = server.asked.at(-1)!;
  assert.equal(body.tools[0].function.name, "execute_sql");
  assert.doesNotMatch(body.messages[0].content, /tool_call/);
  assert.equal(body.messages[3].content, "1\n1\n(1 row)");
});

Deno.test("finestep eval --policy openai --api completions asks with the token ids of --tokenizer", async () => {
  await using workplace = await Workplace.open();
  const { chat } = await openModel(workplace.file("model"));
  await using server = new ScriptedServer(({ body: { prompt } }) => {
    const text = answer("SELECT count(*) FROM item");
    assert.match(chat.decode(prompt), /question: .*\(dev \d\)/);
    const ids = [...chat.encode(text), chat.endOfTurn];
    return completed(text, { token_ids: ids, logprobs: { token_logprobs: ids.map(() => -0.5) } });
  });
  const { code, stdout, stderr } = await evaluate(
    workplace,
    server,
    ...["--api", "completions", "--tokenizer", workplace.file("model"), "--template", "compact"],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /: 2 of 8 right$/m);
  assert.match(stdout, /^Token ids and logprobs came with 8 of 8 answers$/m);
  using store = openStore(workplace.store);
  const [{ episode: { tokens } }] = store.episodes(1, "eval");
  assert.equal(tokens?.sampledLogprobs.at(-1), -0.5);
  assert.match(store.run(1).identity!.policy.endpoint!.tokenizerSha256!, /^[0-9a-f]{64}$/);
});

Deno.test("finestep eval --policy openai writes the key nowhere", async () => {
  const key = "sk-secret-of-the-test";
  await using server = new ScriptedServer(({ headers }) =>
    refusal(401, `Incorrect API key provided: ${headers.get("authorization")}`)
  );
  await using workplace = await Workplace.open();
  Deno.env.set("FINESTEP_TEST_KEY", key);
  try {
    const { code, stdout, stderr } = await evaluate(
      workplace,
      server,
      ...["--api-key-env", "FINESTEP_TEST_KEY"],
    );
    assert.equal(code, 1);
    assert.match(stderr, /HTTP 401: Incorrect API key provided: Bearer \*\*\*; --api-key-env /);
    assert.doesNotMatch(stdout + stderr, new RegExp(key));
  } finally {
    Deno.env.delete("FINESTEP_TEST_KEY");
  }
  for (const { name, isFile } of Deno.readDirSync(workplace.path)) {
    if (isFile) assert(!Deno.readTextFileSync(workplace.file(name)).includes(key), name);
  }
});

Deno.test("finestep eval --policy openai says that the model is not served before it begins", async () => {
  await using server = new ScriptedServer(answered);
  await using workplace = await Workplace.open();
  const { code, stderr } = await evaluate(workplace, server, "--model", "other");
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^Cannot ask model "other" as .* lists ${MODEL}\n$`));
  using store = openStore(workplace.store);
  assert.deepEqual([store.runs(), server.asked], [[], []]);
});
