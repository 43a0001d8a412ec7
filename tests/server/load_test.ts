import assert from "finestep/assert";
import { load, type LoadRecord } from "../../tasks/serve_load/load.ts";
import { surprisesOf } from "../../tasks/serve_load/report.ts";

Deno.test({
  name: "finestep serve gives 20 clients their own data while others are slow, broken and hostile",
  // What a process holds is read from /proc.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const record = await load({
      ...{ clients: 20, episodes: 1, rounds: 1, copies: 1, long: false, spare: 40, idleSeconds: 1 },
      workers: 2,
    });
    assert.deepEqual(surprisesOf(record), []);
    assert.equal(record.good.episodes, 40);
    assert.ok(record.counts.refused > 0 && record.counts.reaped > 0);
  },
});

Deno.test("surprisesOf() names what a server has left, and what its clients saw wrongly", () => {
  const before = {
    residentMiB: 90,
    heapMiB: 40,
    openFiles: 30,
    children: [2, 3],
    sessions: 0,
    groups: 0,
  };
  const clean: LoadRecord = {
    capacity: 1,
    workers: 2,
    kept: { lines: 3, torn: 0, ended: 2, wanted: 2, mebibytes: 1 },
    good: { stepMs: [1], beginMs: [1], episodes: 1, refusals: 0, wrong: [] },
    seconds: 1,
    misdeeds: [{ kind: "slow", name: "a drip", times: 1, surprises: [] }],
    held: [before, before, before],
    peak: { residentMiB: 90, openFiles: 30 },
    counts: { opened: 1, refused: 0, reaped: 0, open: 0 },
    exitCode: 0,
    leftProcesses: 0,
    stderr: "Stopping, as of SIGTERM\n",
  };
  assert.deepEqual(surprisesOf(clean), []);
  const after = {
    residentMiB: 190,
    heapMiB: 140,
    openFiles: 35,
    children: [2],
    sessions: 1,
    groups: 0,
  };
  const leaking: LoadRecord = {
    ...clean,
    kept: { ...clean.kept, torn: 1, wanted: 3 },
    good: { ...clean.good, wrong: ["question 7: another's result"] },
    misdeeds: [{ ...clean.misdeeds[0], surprises: ["HTTP 500"] }],
    held: [before, before, after],
    exitCode: 1,
    leftProcesses: 2,
  };
  assert.deepEqual(surprisesOf(leaking), [
    "question 7: another's result",
    "a drip: HTTP 500",
    "sessions are left",
    "open files are left",
    "there are more or fewer workers",
    "the second half of the rounds took 100 MiB",
    "1 lines kept cannot be read",
    "of 3 episodes that ended, 2 are kept",
    "it ended with 1",
    "2 processes are left",
  ]);
});
