import assert from "finestep/assert";
import type { AboutEpisode, Keeper } from "../../src/server/trajectory_file.ts";
import type { Episode } from "../../src/trajectory/episode.ts";
import { answer, call } from "../env/shop.ts";
import { finestep } from "../tiny/workplace.ts";
import { Served } from "./served.ts";
import { openServedShop, ZURICH } from "./shop_server.ts";
import { SocketClient } from "./socket_client.ts";

/** Keeps episodes in a list. */
class List implements Keeper {
  readonly kept: (AboutEpisode & { readonly episode: Episode })[] = [];

  keep(episode: Episode, about: AboutEpisode): void {
    this.kept.push({ ...about, episode });
  }

  get counts() {
    return { kept: this.kept.length, lost: 0 };
  }
}

Deno.test("a session's episodes are kept at their end, with who closed those that had none", async () => {
  const keeper = new List();
  await using shop = await openServedShop({ keeper });
  const { sessions } = shop.context;
  const seat = sessions.open()!;
  const choice = { exampleId: "7", group: { id: "g", size: 2 } };
  const first = await seat.begin({ ...choice, episodeId: "a" });
  await first.step({ text: call(ZURICH) });
  assert.equal(keeper.kept.length, 0);
  await first.step({ text: answer(ZURICH) });
  assert.equal(keeper.kept.length, 1);
  const second = await seat.begin({ ...choice, episodeId: "b" });
  await second.step({ text: "?" });
  await seat.begin({ exampleId: "8" });
  // In which nothing was done: no attempt.
  const third = await seat.begin({ exampleId: "8", episodeId: "c" });
  await third.step({ text: "?" });
  shop.pass(1000);
  sessions.reap();
  await third.settled;
  assert.deepEqual(
    keeper.kept.map(({ id, group, split, closed }) => ({ id, group, split, closed })),
    [
      { id: "a", group: "g", split: "dev", closed: null },
      { id: "b", group: "g", split: "dev", closed: "the next one began" },
      { id: "c", group: "dev/8", split: "dev", closed: "idle for 1 s" },
    ],
  );
  const stops = keeper.kept.map(({ episode: { stopReason, steps } }) => [stopReason, steps.length]);
  assert.deepEqual(stops, [["answer", 2], ["no_prediction", 1], ["no_prediction", 1]]);
});

/** Runs an episode of two queries; the last answer's metadata. */
async function played(url: string, data: object, answered: string) {
  await using client = await SocketClient.open(`${url}/ws`);
  await client.ask({ type: "reset", data: { index: 0, prompt: "tools", ...data } });
  const step = (tool_name: string, args: object) =>
    client.ask({ type: "step", data: { type: "call_tool", tool_name, arguments: args } });
  await step("execute_sql", { sql: "SELECT name FROM sqlite_master" });
  await step("execute_sql", { sql: `SELECT ${answered}` });
  return (await step("submit_answer", { answer: `SELECT ${answered}` })).data.metadata.episode;
}

Deno.test("finestep credit finds in what serve kept, up to a kill, the advantages that clients were told", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kept.jsonl`;
  await using served = await Served.start("--trajectories", path);
  const gold = JSON.parse(await Deno.readTextFile("fixtures/minibird/train.json"))[0].SQL;
  const right = gold.replace(/^\s*SELECT\s/i, "");
  const groups = ["x", "y"].flatMap((id) =>
    Array.from({ length: 4 }, (_, n) => ({ episode_id: `${id}${n}`, group: { id, size: 4 } }))
  );
  const ends = await Promise.all(
    groups.map((data, n) => played(served.url, data, n % 3 === 0 ? right : `${n}`)),
  );
  await served[Symbol.asyncDispose]();
  const lines = (await Deno.readTextFile(path)).split("\n");
  assert.deepEqual([lines.length, lines.at(-1)], [9, ""]);
  const told = new Map<string, number[]>();
  for (const { group } of ends) {
    for (const { episode_id, advantages } of group.episodes ?? []) told.set(episode_id, advantages);
  }
  assert.equal(told.size, 8);
  const { code, stdout } = await finestep("credit", path, "--json");
  assert.equal(code, 0);
  const { trajectories } = JSON.parse(stdout);
  for (const { id, group, steps } of trajectories) {
    assert.equal(group, id[0]);
    const found = steps.map(({ advantage }: { advantage: number }) => advantage);
    found.forEach((value: number, s: number) =>
      assert.ok(Math.abs(value - told.get(id)![s]) < 1e-12)
    );
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("finestep serve refuses a file that cannot be written, and ends with 1 if episodes are lost", async () => {
  const refused = await finestep("serve", "--trajectories", "fixtures");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^Cannot keep trajectories in fixtures as it must be a file that/);
  if (Deno.build.os !== "linux") return;
  await using served = await Served.start("--trajectories", "/dev/full");
  const end = await played(served.url, {}, "1");
  assert.equal(end.stop_reason, "answer");
  const { trajectories } = await (await fetch(`${served.url}/finestep/status`)).json();
  assert.deepEqual(trajectories, { kept: 0, lost: 1 });
  const { code, stderr } = await served.stopped();
  assert.equal(code, 1);
  assert.match(stderr, /^Cannot keep trajectory 1 in \/dev\/full, and go on without it: /);
  assert.match(stderr, /\nKept 0 of 1 trajectories in \/dev\/full\n$/);
});
