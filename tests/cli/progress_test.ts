import assert from "finestep/assert";
import { Progress } from "../../src/cli/progress.ts";
import { duration } from "../../src/reports/duration.ts";

/** A progress of 100 items whose clock is `clock.ms`, with what it wrote. */
function progress(isTerminal: boolean) {
  const clock = { ms: 0 };
  const written: string[] = [];
  const settings = { label: "eval", total: 100, isTerminal };
  const line = new Progress({
    ...settings,
    now: () => clock.ms,
    write: (text) => void written.push(text),
  });
  return { clock, written, line };
}

Deno.test("Progress.advance() rewrites one line on a terminal", () => {
  const { clock, written, line } = progress(true);
  clock.ms = 1000;
  line.advance(4);
  clock.ms = 2000;
  line.advance(16, "EX 61.2");
  assert.deepEqual(written, [
    "\r\x1b[Keval 4/100  4.0/s  24 s left",
    "\r\x1b[Keval 20/100  10/s  8 s left  EX 61.2",
  ]);
});

Deno.test("Progress.advance() does not redraw faster than an eye follows", () => {
  const { clock, written, line } = progress(true);
  for (clock.ms = 200; clock.ms < 300; clock.ms += 10) line.advance();
  assert.equal(written.length, 1);
});

Deno.test("Progress.advance() writes a plain line now and then where there is no terminal", () => {
  const { clock, written, line } = progress(false);
  for (clock.ms = 1000; clock.ms <= 40_000; clock.ms += 1000) line.advance();
  assert.deepEqual(written, [
    "eval 15/100  1.0/s  1 min 25 s left\n",
    "eval 30/100  1.0/s  1 min 10 s left\n",
  ]);
});

Deno.test("Progress.advance() always shows the last item", () => {
  const { clock, written, line } = progress(false);
  clock.ms = 500;
  line.advance(100);
  assert.deepEqual(written, ["eval 100/100  200/s  in 1 s\n"]);
});

Deno.test("Progress clears its line at the end of its block, on a terminal only", () => {
  for (const [isTerminal, last] of [[true, "\r\x1b[K"], [false, "eval 100/100  200/s  in 1 s\n"]]) {
    const { clock, written, line } = progress(isTerminal as boolean);
    clock.ms = 500;
    line.advance(100);
    line[Symbol.dispose]();
    assert.equal(written.at(-1), last);
  }
});

Deno.test("duration() is said in two units at most", () => {
  assert.deepEqual([0.4, 59.4, 200, 7500].map(duration), [
    "0 s",
    "59 s",
    "3 min 20 s",
    "2 h 5 min",
  ]);
});
