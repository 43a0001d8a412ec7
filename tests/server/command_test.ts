import assert from "finestep/assert";
import { finestep, startFinestep } from "../tiny/workplace.ts";
import { Served } from "./served.ts";
import { posted } from "./shop_server.ts";

const CALCULATOR = ["--data", "fixtures/calculator", "--splits", "dev"];

Deno.test("finestep serve serves a data set of any task, with a token, until SIGTERM", async () => {
  Deno.env.set("FINESTEP_TEST_TOKEN", "secret");
  await using served = await Served.start(...CALCULATOR, "--token-env", "FINESTEP_TEST_TOKEN");
  assert.equal((await posted(`${served.url}/reset`, {})).status, 401);
  const { json } = await posted(`${served.url}/reset`, { index: 0 }, { "x-api-key": "secret" });
  assert.equal(json.metadata.split, "dev");
  assert.match(json.observation.messages[0].content, /"calculate"|"calculator"/);
  const { code, stderr } = await served.stopped();
  assert.deepEqual([code, stderr.trim()], [0, "Stopping, as of SIGTERM"]);
});

Deno.test("finestep serve refuses to serve other machines without a token", async () => {
  const child = startFinestep("serve", ...CALCULATOR, "--host", "0.0.0.0", "--token-env", "NONE");
  const [stdout, stderr, { code }] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^Cannot serve on 0\.0\.0\.0 as other machines must have a token: set NONE/);
});

Deno.test("finestep serve refuses what is no flag, and an algorithm that gives no credit", async () => {
  for (
    const [argv, message] of [
      [["extra"], /^Unknown argument "extra": see "--help"/],
      [["--algorithm", "sft"], /^Cannot set "--algorithm" as .*: current value is sft/],
    ] as const
  ) {
    const { code, stderr } = await finestep("serve", ...argv);
    assert.equal(code, 2);
    assert.match(stderr, message);
  }
});
