import assert from "finestep/assert";
import { CAPACITY, eventsOf, IDLE_S, OrsServer } from "./ors_server.ts";

const GOLD = "SELECT COUNT(*) FROM shop WHERE city = 'ZURICH'";

Deno.test("orsRoutes() tells of the environment, its splits, tasks and tools", async () => {
  await using server = await OrsServer.open();
  assert.deepEqual(await server.json("GET", "/list_environments"), ["shops"]);
  assert.deepEqual(await server.json("GET", "/shops/splits"), [
    { name: "train", type: "train" },
    { name: "dev", type: "validation" },
  ]);
  const { tools } = await server.json("GET", "/shops/tools");
  assert.deepEqual(tools.map(({ name }: { name: string }) => name), [
    "execute_sql",
    "submit_answer",
  ]);
  assert.deepEqual(tools[0].input_schema.required, ["sql"]);
  const body = { split: "train" };
  assert.deepEqual(await server.json("POST", "/shops/num_tasks", { body }), { num_tasks: 2 });
  const { tasks, env_name } = await server.json("POST", "/shops/tasks", { body });
  assert.equal(env_name, "shops");
  const second = await server.json("POST", "/shops/task", { body: { ...body, index: 1 } });
  assert.deepEqual(second, { task: tasks[1], env_name });
  assert.deepEqual(tasks[1], {
    ...{ split: "train", id: "8", database: "shops", question: "How many shops are there?" },
    ...{ evidence: "", difficulty: "simple" },
  });
});

Deno.test("orsRoutes() takes ranges of tasks as Python slices", async () => {
  await using server = await OrsServer.open();
  const ids = async (range: object) => {
    const body = { split: "train", ...range };
    const { tasks } = await server.json("POST", "/shops/task_range", { body });
    return tasks.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await ids({}), ["7", "8"]);
  assert.deepEqual(await ids({ start: -1 }), ["8"]);
  assert.deepEqual(await ids({ start: null, stop: 1 }), ["7"]);
});

Deno.test("orsRoutes() tells nothing of gold answers before an episode ends", async () => {
  await using server = await OrsServer.open();
  const sid = await server.begun();
  const texts = [
    await server.json("POST", "/shops/tasks", { body: { split: "train" } }),
    await server.json("GET", "/shops/prompt", { sid }),
    await server.json("GET", "/shops/messages", { sid }),
    await server.json("GET", "/shops/task_tools", { sid }),
    await server.call(sid, "execute_sql", { sql: "SELECT 1" }),
  ].map((json) => JSON.stringify(json));
  assert.deepEqual(texts.filter((text) => text.includes("ZURICH'")), []);
});

Deno.test("orsRoutes() runs an episode from its prompt to the outcome", async () => {
  await using server = await OrsServer.open();
  const sid = await server.begun();
  const [system, user] = await server.json("GET", "/shops/prompt", { sid });
  assert.match(system.text, /submit_answer/);
  assert.match(user.text, /How many shops are in Zurich\?$/);
  assert.deepEqual(
    (await server.json("GET", "/shops/messages", { sid })).map(({ role }: { role: string }) =>
      role
    ),
    ["system", "user"],
  );
  const looked = await server.call(sid, "execute_sql", { sql: "SELECT city FROM shop LIMIT 1" });
  assert.equal(looked.ok, true);
  assert.match(looked.output.blocks[0].text, /ZURICH/);
  assert.deepEqual([looked.output.reward, looked.output.finished], [0, false]);
  const { output } = await server.call(sid, "submit_answer", { answer: GOLD });
  assert.deepEqual([output.reward, output.finished, output.blocks], [1, true, []]);
  assert.equal(output.metadata.episode.stop_reason, "answer");
  assert.equal(output.metadata.episode.step_rewards.process.length, 2);
});

Deno.test("orsRoutes() counts calls that the task refuses as steps, up to the turn limit", async () => {
  await using server = await OrsServer.open();
  const sid = await server.begun();
  const unknown = await server.call(sid, "drop_tables", {});
  assert.equal(unknown.output.metadata.violation, "unknown_tool");
  const wrong = await server.call(sid, "execute_sql", { sql: 7 });
  assert.equal(wrong.output.metadata.violation, "bad_arguments");
  const { output } = await server.call(sid, "execute_sql", { sql: "SELECT 1" });
  assert.deepEqual([output.finished, output.reward], [true, 0]);
  assert.equal(output.metadata.episode.stop_reason, "turn_limit");
  const { ok, reason } = await server.call(sid, "submit_answer", { answer: GOLD });
  assert.deepEqual([ok, reason], [false, "episode_finished"]);
});

Deno.test("orsRoutes() gives a result again to who names its task, and makes the call once", async () => {
  await using server = await OrsServer.open();
  const sid = await server.begun();
  const body = { name: "execute_sql", input: { sql: "SELECT COUNT(*) FROM shop" } };
  const first = await (await server.request("POST", "/shops/call", { sid, body })).text();
  const [[event, task_id]] = eventsOf(first);
  assert.equal(event, "task_id");
  const again = { ...body, task_id };
  const resumed = () => server.request("POST", "/shops/call", { sid, body: again });
  assert.equal(await (await resumed()).text(), first);
  server.pass(59);
  assert.equal(await (await resumed()).text(), first);
  server.pass(1);
  assert.deepEqual(eventsOf(await (await resumed()).text()), [["error", "unknown task_id"]]);
  const { output } = await server.call(sid, "execute_sql", { sql: "SELECT 1" });
  assert.equal(output.metadata.turn, 2);
});

Deno.test("orsRoutes() keeps results to the session that made the call", async () => {
  await using server = await OrsServer.open();
  const [mine, other] = [await server.begun(), await server.begun()];
  const body = { name: "execute_sql", input: { sql: "SELECT 'mine'" } };
  const stream = await (await server.request("POST", "/shops/call", { sid: mine, body })).text();
  const task_id = eventsOf(stream)[0][1];
  const taken = await server.request("POST", "/shops/call", {
    sid: other,
    body: { ...body, task_id },
  });
  assert.deepEqual(eventsOf(await taken.text()), [["error", "unknown task_id"]]);
});

Deno.test("orsRoutes() sends paths without a name on to the environment", async () => {
  await using server = await OrsServer.open();
  assert.deepEqual(
    await server.json("GET", "/splits"),
    await server.json("GET", "/SHOPS/splits"),
  );
  const { num_tasks } = await server.json("POST", "/num_tasks", { body: { split: "dev" } });
  assert.equal(num_tasks, 1);
});

Deno.test("orsRoutes() ends a session that nobody has pinged for 900 s", async () => {
  await using server = await OrsServer.open();
  const [kept, left] = [await server.begun(), await server.begun()];
  const status = async (sid: string) => (await server.request("POST", "/ping", { sid })).status;
  server.pass(IDLE_S - 1);
  assert.equal(await status(kept), 200);
  server.pass(1);
  assert.deepEqual([await status(kept), await status(left)], [200, 410]);
  assert.equal(server.sessions.counts.reaped, 1);
});

Deno.test("orsRoutes() frees a session's place when it is deleted, and only once", async () => {
  await using server = await OrsServer.open();
  const sids = [];
  for (let n = 0; n < CAPACITY; n++) sids.push(await server.begun());
  const { sid } = await server.json("POST", "/create_session");
  const create = () => server.request("POST", "/create", { sid, body: { split: "dev", index: 0 } });
  const refused = await create();
  assert.equal(refused.status, 503);
  assert.match((await refused.json()).detail, /3/);
  for (const path of ["/delete", "/delete", "/delete_session"]) {
    assert.equal((await server.request("POST", path, { sid: sids[0] })).status, 200);
  }
  assert.equal((await create()).status, 200);
  assert.equal((await server.request("GET", "/shops/prompt", { sid: sids[0] })).status, 410);
});

Deno.test("orsRoutes() compares the episodes of a group", async () => {
  await using server = await OrsServer.open();
  const answers = [GOLD, "SELECT 0"];
  const outputs = [];
  for (const answer of answers) {
    const { sid } = await server.json("POST", "/create_session");
    const task_spec = { split: "train", id: "7", group: { id: "g", size: 2 }, seed: 5 };
    await server.request("POST", "/create", { sid, body: { env_name: "Shops", task_spec } });
    outputs.push((await server.call(sid, "submit_answer", { answer })).output);
  }
  const { group } = outputs[1].metadata.episode;
  const [right, wrong] = group.episodes.map(({ advantages }: { advantages: number[] }) =>
    advantages
  );
  assert.ok(right[0] > 0 && wrong[0] < 0);
});

for (
  const [what, path, sent, status] of [
    ["a split that is not served", "/shops/tasks", { body: { split: "x" } }, 400],
    ["an index beyond the split", "/shops/task", { body: { split: "dev", index: 1 } }, 400],
    ["a body without a split", "/shops/tasks", { body: {} }, 400],
    ["an unknown field", "/shops/num_tasks", { body: { split: "dev", also: 1 } }, 400],
    ["another environment", "/other/num_tasks", { body: { split: "dev" } }, 404],
    ["a call without a session", "/shops/call", { body: { name: "a", input: {} } }, 400],
    ["a ping without a session", "/ping", {}, 400],
    ["a session never begun", "/ping", { sid: crypto.randomUUID() }, 404],
    ["a session id that could be guessed", "/create", {
      sid: "1",
      body: { split: "dev", index: 0 },
    }, 400],
    ["no task", "/create", { sid: crypto.randomUUID(), body: {} }, 400],
    [
      "two tasks",
      "/create",
      { sid: crypto.randomUUID(), body: { split: "dev", index: 0, task_spec: { id: "7" } } },
      400,
    ],
    ["a task's id that is not served", "/create", {
      ...{ sid: crypto.randomUUID(), body: { task_spec: { id: "9" } } },
    }, 404],
    ["a task of another environment", "/create", {
      ...{ sid: crypto.randomUUID(), body: { env_name: "x", split: "dev", index: 0 } },
    }, 404],
  ] as const
) {
  Deno.test(`orsRoutes() refuses ${what} with ${status}`, async () => {
    await using server = await OrsServer.open();
    const response = await server.request("POST", path, sent);
    assert.equal(response.status, status);
    assert.equal(typeof (await response.json()).detail, "string");
    assert.equal(server.sessions.counts.open, 0);
  });
}

Deno.test("orsRoutes() refuses to begin a session twice", async () => {
  await using server = await OrsServer.open();
  const sid = crypto.randomUUID();
  const begin = () => server.request("POST", "/create", { sid, body: { split: "dev", index: 0 } });
  const statuses = (await Promise.all([begin(), begin()])).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [200, 400]);
  assert.equal((await begin()).status, 400);
  assert.equal(server.sessions.counts.open, 1);
});

Deno.test("orsRoutes() gives a session's id as an event to who reads events", async () => {
  await using server = await OrsServer.open();
  const accept = "text/event-stream";
  const response = await server.request("POST", "/create_session", { accept });
  const [[name, sid], end] = eventsOf(await response.text());
  assert.deepEqual([name, end], ["task_id", ["end", ""]]);
  assert.match(sid, /^[\da-f-]{36}$/);
});
