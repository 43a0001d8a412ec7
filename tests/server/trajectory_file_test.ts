import assert from "finestep/assert";
import { readLine } from "../../src/audit/read_line.ts";
import { type LineSink, TrajectoryFile } from "../../src/server/trajectory_file.ts";
import { withFolder } from "../tiny/folders.ts";
import { answer as answered, call as called, episode, rows } from "../rewards/episodes.ts";

const RESULT = rows([1n]);
const EPISODE = episode([called("SELECT 1", RESULT), answered("SELECT 1", RESULT)], RESULT);
const about = (id: string) => ({ id, group: "g", split: "dev", closed: null });

/** A disk with room for so many bytes, which writes at most so many at a time. */
class Disk implements LineSink {
  text = "";
  room = Infinity;

  constructor(readonly atOnce = Infinity) {}

  writeSync(bytes: Uint8Array): number {
    if (this.room === 0) throw new Error("No space left on device");
    const count = Math.min(bytes.length, this.atOnce, this.room);
    this.room -= count;
    this.text += new TextDecoder().decode(bytes.subarray(0, count));
    return count;
  }

  syncDataSync(): void {}
  close(): void {}
}

/** What is said on stderr while something is done. */
function said(work: () => void): string[] {
  const lines: string[] = [];
  const original = console.error;
  console.error = (line: string) => void lines.push(line);
  try {
    work();
  } finally {
    console.error = original;
  }
  return lines;
}

const idsOf = (text: string) =>
  text.split("\n").filter((line) => line !== "").map((line, n) => readLine(line, n + 1).id);

Deno.test("TrajectoryFile.keep() adds a line that an audit reads, in as many writes as it takes", () => {
  const disk = new Disk(10);
  const file = new TrajectoryFile("x.jsonl", disk);
  file.keep(EPISODE, about("a"));
  const { id, group, episode: read } = readLine(disk.text, 1);
  assert.deepEqual([id, group, read.steps], ["a", "g", EPISODE.steps]);
  assert.deepEqual(file.counts, { kept: 1, lost: 0 });
});

Deno.test("TrajectoryFile.keep() loses only what a full disk has no room for, and says so once", () => {
  const disk = new Disk();
  const file = new TrajectoryFile("x.jsonl", disk);
  file.keep(EPISODE, about("a"));
  const lines = said(() => {
    disk.room = 7;
    file.keep(EPISODE, about("b"));
    file.keep(EPISODE, about("c"));
    disk.room = Infinity;
    file.keep(EPISODE, about("d"));
  });
  assert.deepEqual(file.counts, { kept: 2, lost: 2 });
  assert.deepEqual(lines, [
    "Cannot keep trajectory 2 in x.jsonl, and go on without it: No space left on device",
    "Trajectories are kept in x.jsonl again",
  ]);
  const [first, torn, last] = disk.text.trim().split("\n");
  assert.deepEqual([idsOf(first), torn, idsOf(last)], [["a"], '{"versi', ["d"]]);
});

Deno.test("TrajectoryFile.keep() counts an episode that is too long for a line as lost", () => {
  const disk = new Disk();
  const file = new TrajectoryFile("x.jsonl", disk);
  const steps = [{ ...EPISODE.steps[0], toJSON: () => "x".repeat(2 ** 29) }];
  const lines = said(() => file.keep({ ...EPISODE, steps }, about("a")));
  assert.deepEqual([disk.text, file.counts], ["", { kept: 0, lost: 1 }]);
  assert.match(lines[0], /^Cannot keep trajectory 1 in x\.jsonl, and go on without it: /);
});

Deno.test("TrajectoryFile.open() goes on after what is there, also after half a line", () =>
  withFolder(async (folder) => {
    const path = `${folder}/new/kept.jsonl`;
    for (const id of ["a", "b"]) {
      using file = TrajectoryFile.open(path);
      file.keep(EPISODE, about(id));
    }
    assert.deepEqual(idsOf(await Deno.readTextFile(path)), ["a", "b"]);
    await Deno.truncate(path, (await Deno.stat(path)).size - 9);
    {
      using file = TrajectoryFile.open(path);
      file.keep(EPISODE, about("c"));
    }
    const [first, half, third] = (await Deno.readTextFile(path)).split("\n");
    assert.deepEqual([idsOf(first), idsOf(third)], [["a"], ["c"]]);
    assert.throws(() => readLine(half, 2), /^SyntaxError: Cannot read line 2 as it must be JSON/);
  }));

Deno.test("TrajectoryFile.open() refuses what cannot be written", () =>
  withFolder((folder) => {
    assert.throws(
      () => TrajectoryFile.open(folder),
      /^Error: Cannot keep trajectories in .* as it must be a file that can be read and written: /,
    );
  }));
