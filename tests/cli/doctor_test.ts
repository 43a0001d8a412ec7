import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Facts } from "../../src/cli/doctor_facts.ts";
import { type Finding, findingsOf, hasProblem } from "../../src/cli/doctor_findings.ts";
import { askServer } from "../../src/cli/doctor_server.ts";
import { DENO_VERSION } from "../../src/cli/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GIB = 2 ** 30;

/** A machine without a graphics card on which all is well. */
const SOUND: Facts = {
  runtime: {
    ...{ deno: "2.9.6", testedDeno: "2.9.6", v8: "15.0", os: "Linux 6.1", arch: "x64" },
    ...{ cpu: "some processor", cores: 2, memoryBytes: 16 * GIB, availableBytes: 8 * GIB },
    ...{ version: "0.2.0", form: "source", commit: "abc123" },
  },
  devices: found([
    device({ kind: "cuda", isThere: false, problem: "no NVIDIA driver was found" }),
    device({ kind: "webgpu", isSoftware: true, problem: "no adapter" }),
    device({ kind: "cpu", problem: null }),
  ]),
  backends: found([
    { backend: "cpu", problem: null, isOurs: true },
    { backend: "node", problem: "not set", isOurs: false },
  ]),
  sandbox: found({
    ...{ version: "3.53.2", compileOptions: ["THREADSAFE=1", "DQS=0"], lacks: [], escapes: [] },
  }),
  packages: [{ name: "zod", problem: null }, { name: "vega", problem: null }],
  data: found({
    ...{ path: "minibird", name: "bird", split: "dev", questions: 240, databases: 8, warnings: [] },
  }),
  model: found({ path: "policy", family: "llama", parameters: 1.2e6, bytes: 1e7 }),
  disks: [{ what: "store", path: "/data", freeBytes: 10 * GIB, problem: null }],
  store: found(null),
};

Deno.test("findingsOf() finds nothing to do where all is well, graphics card or not", () => {
  const findings = findingsOf(SOUND);
  assert.deepEqual(findings.filter(({ state, advice }) => state !== "ok" || advice !== ""), []);
  assert(!hasProblem(findings));
});

/** Each thing that can be wrong: what changes, which line says so, how badly, and with what words. */
const FAILURES: readonly [what: string, changes: Partial<Facts>, finding: RegExp][] = [
  [
    "another minor version of Deno",
    { runtime: { ...SOUND.runtime, deno: "2.10.0" } },
    /^warning Deno: 2\.10\.0 .*tested with 2\.9\.6 -> .*deno@2\.9\.6/,
  ],
  [
    "another major version of Deno",
    { runtime: { ...SOUND.runtime, deno: "3.0.0" } },
    /^problem Deno: 3\.0\.0/,
  ],
  [
    "a native library that does not load",
    { devices: failed("libonnxruntime.so: cannot open shared object file") },
    /^problem ONNX Runtime: libonnxruntime\.so.* -> load the packages anew/,
  ],
  [
    "a processor that computes wrongly",
    { devices: found([device({ kind: "cpu", problem: "it gave 0 for 4" })]) },
    /^problem ONNX Runtime, cpu: it gave 0 for 4/,
  ],
  [
    "a graphics card that cannot be used",
    { devices: found([device({ kind: "cuda", problem: "libcudnn.so.9 is missing" })]) },
    /^warning ONNX Runtime, cuda: .*libcudnn.* -> the processor is used instead/,
  ],
  [
    "a backend of TensorFlow.js that does not load",
    { backends: found([{ backend: "wasm", problem: "no file", isOurs: true }]) },
    /^warning TensorFlow\.js, wasm: no file -> .*--tfjs-backend wasm/,
  ],
  [
    "no SQL worker",
    { sandbox: failed("a SQL worker did not answer") },
    /^problem SQL worker: .*did not answer -> .*child processes/,
  ],
  [
    "a SQLite that lacks functions",
    { sandbox: sandbox({ lacks: ["JSON functions", "dates"] }) },
    /^problem SQLite: .*JSON functions, dates/,
  ],
  [
    "a sandbox that lets SQL write",
    { sandbox: sandbox({ escapes: ["write"] }) },
    /^problem SQL worker: not confined: SQL could write -> do not run SQL of others/,
  ],
  [
    "a package that is missing",
    { packages: [...SOUND.packages, { name: "csv-parse", problem: "not found" }] },
    /^problem packages: csv-parse: not found/,
  ],
  [
    "a folder that is no data set",
    { data: failed("Cannot load BIRD as its question file is missing") },
    /^problem data: Cannot load BIRD.* -> name a data set with --data/,
  ],
  ["an empty data set", { data: data({ questions: 0 }) }, /^problem data: .* 0 questions/],
  [
    "a data set with oddities",
    { data: data({ warnings: ["descriptions cannot be read"] }) },
    /^warning data: .*descriptions cannot be read/,
  ],
  [
    "no model",
    { model: failed("Cannot load model as its config.json is missing") },
    /^problem model: .* -> name a model with --model/,
  ],
  [
    "a model that is larger than the memory",
    { model: found({ path: "big", family: "qwen3", parameters: 8e9, bytes: 64 * GIB }) },
    /^problem model: .*at least 64\.0 GiB.*only 8\.0 GiB are available/,
  ],
  [
    "a folder that cannot be written",
    { disks: [{ what: "store", path: "/ro", freeBytes: GIB, problem: "Permission denied" }] },
    /^problem disk, store: Permission denied -> make \/ro writable/,
  ],
  [
    "little disk",
    { disks: [{ what: "store", path: "/data", freeBytes: GIB / 2, problem: null }] },
    /^warning disk, store: 512 MiB free/,
  ],
  [
    "a full disk",
    { disks: [{ what: "store", path: "/data", freeBytes: 1e6, problem: null }] },
    /^problem disk, store: 1 MiB free/,
  ],
  [
    "a store of a newer program",
    { store: failed("Cannot open the store as a newer program wrote it: it has m999") },
    /^problem store: .*m999 -> name another file with --store/,
  ],
  [
    "a damaged store",
    {
      store: found({
        ...{ sizeBytes: 4096, schema: "m003", isOlder: false, runs: 2 },
        damage: ["row 3 missing from index episodes_by_run"],
      }),
    },
    /^problem store: damaged: row 3 missing.* -> save what can be read/,
  ],
  [
    "a server that is not there",
    { server: { url: "http://127.0.0.1:9", speaks: [], answers: ["/health: refused"] } },
    /^problem server: http:\/\/127\.0\.0\.1:9: \/health: refused/,
  ],
];

for (const [what, changes, expected] of FAILURES) {
  Deno.test(`findingsOf() tells of ${what}, and of nothing else`, () => {
    const wrong = findingsOf({ ...SOUND, ...changes }).filter(({ state }) => state !== "ok");
    assert.equal(wrong.length, 1);
    assert.match(lineOf(wrong[0]), expected);
    assert.notEqual(wrong[0].advice, "");
    assert.equal(hasProblem(wrong), wrong[0].state === "problem");
  });
}

Deno.test("findingsOf() takes an older store for a sound one", () => {
  const older = { sizeBytes: 1e6, schema: "m001_runs", isOlder: true, runs: 1, damage: [] };
  const store = findingsOf({ ...SOUND, store: found(older) }).find(({ check }) =>
    check === "store"
  );
  assert.match(lineOf(store!), /^ok store: schema m001_runs, 1 run, 1 MiB, sound, older/);
});

Deno.test("askServer() knows servers by their answers, whatever else they say", async () => {
  const answers: Record<string, unknown> = {
    "/v1/models": { data: [] },
    "/api/v1/healthz": { status: "ok" },
    "/health": { status: "healthy" },
    "/metadata": { name: "finestep_bird" },
    "/list_environments": ["finestep_bird"],
  };
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, (request) => {
    const body = answers[new URL(request.url).pathname];
    return body ? Response.json(body) : new Response("<html>", { status: 404 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const all = await askServer(`${url}/v1`);
  assert.equal(all.speaks.length, Object.keys(answers).length);

  for (const path of ["/v1/models", "/health", "/metadata", "/list_environments"]) {
    delete answers[path];
  }
  assert.deepEqual((await askServer(url)).speaks, ["Tinker's API"]);

  // A page that answers everything is no server of any protocol.
  answers["/api/v1/healthz"] = "<html>";
  const { speaks, answers: said } = await askServer(`${url}/api/v1/`);
  assert.deepEqual(speaks, []);
  assert(said.includes("/v1/models: 404"));
});

Deno.test("askServer() says why there is no answer, and refuses what is no URL", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const { speaks, answers } = await askServer(`http://127.0.0.1:${port}`);
  assert.deepEqual(speaks, []);
  assert.match(answers[0], /^\/v1\/models: .*(refused|error)/);
  await assert.rejects(askServer("localhost:8000"), /must begin with http/);
});

Deno.test("finestep doctor tries this machine, and finds what is broken", async () => {
  const folder = await Deno.makeTempDir();
  const store = join(folder, "no store.sqlite");
  await Deno.writeTextFile(store, "this is not a database, but a text that is long enough for one");
  const [sound, broken] = await Promise.all([
    doctor("--store", join(folder, "none.sqlite")),
    doctor("--store", store, "--data", folder, "--model", join(folder, "model")),
  ]);
  await Deno.remove(folder, { recursive: true });

  const found = stateOf(sound.findings);
  const expected = { Deno: Deno.version.deno === DENO_VERSION ? "ok" : "warning" };
  for (const check of ["ONNX Runtime, cpu", "SQLite", "SQL worker", "packages", "data", "model"]) {
    assert.equal(found[check], "ok", check);
  }
  assert.equal(found.Deno, expected.Deno);
  assert.equal(sound.code, hasProblem(sound.findings) ? 1 : 0);
  assert.equal(broken.code, 1);
  const { data, model, store: state } = stateOf(broken.findings);
  assert.deepEqual([data, model, state], ["problem", "problem", "problem"]);
});

async function doctor(...flags: string[]): Promise<{ code: number; findings: Finding[] }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "main.ts", "doctor", "--json", ...flags],
    cwd: ROOT,
  }).output();
  const { schema, findings } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(schema, "finestep.doctor/1");
  return { code, findings };
}

function stateOf(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, state }) => [check, state]));
}

function lineOf({ state, check, found, advice }: Finding): string {
  return `${state} ${check}: ${found} -> ${advice}`;
}

function found<T>(value: T) {
  return { kind: "found", value } as const;
}

function failed(message: string) {
  return { kind: "failed", message } as const;
}

function device(facts: { kind: string; problem: string | null } & Record<string, unknown>) {
  return { name: facts.kind, isThere: true, isSoftware: false, ...facts };
}

function sandbox(changes: { lacks?: string[]; escapes?: string[] }) {
  return found({ version: "3.1", compileOptions: [], lacks: [], escapes: [], ...changes });
}

function data(changes: { questions?: number; warnings?: string[] }) {
  const facts = { path: "x", name: "bird", split: "dev", questions: 1, databases: 1, warnings: [] };
  return found({ ...facts, ...changes });
}

function onListen() {}
