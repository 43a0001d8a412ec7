import assert from "finestep/assert";
import { readLine } from "../../src/audit/read_line.ts";
import { encodeEpisode } from "../../src/trajectory/codec.ts";
import { answer, call, episode, rows } from "../rewards/episodes.ts";

const EPISODE = episode([call("SELECT 1", rows([1n])), answer("SELECT 1", rows([1n]))], rows([1n]));

Deno.test("readLine() reads an episode of the codec, of which all is known", () => {
  const trace = readLine(encodeEpisode(EPISODE), 4);
  assert.deepEqual(trace.episode, EPISODE);
  const { line, id, group, hasRows, hasGold, outcome } = trace;
  assert.deepEqual(
    { line, id, group, hasRows, hasGold, outcome },
    { line: 4, id: "1/0", group: "1", hasRows: true, hasGold: true, outcome: 1 },
  );
});

Deno.test("readLine() takes name and group of an episode that says them", () => {
  const { id, group } = readLine(encodeEpisode(EPISODE, { id: "a", group: "g" }), 4);
  assert.deepEqual([id, group], ["a", "g"]);
});

const BROKEN: readonly (readonly [text: string, message: RegExp])[] = [
  ["{", /^Cannot read line 7 as it must be JSON: /],
  ["[1]", /^Cannot read line 7 as it must be a JSON object: it begins \[1\]$/],
  ["{}", /^Cannot read line 7 as it must have "messages" or "steps": it has no field$/],
  ['{"messages": []}', /^Cannot read line 7 as "messages" is wrong: /],
  ['{"messages": [{"role": "robot"}]}', /^Cannot read line 7 as "messages\.0\.role" is wrong: /],
  [
    '{"messages": [{"role": "user", "content": ""}], "outcome": 2}',
    /^Cannot read line 7 as "outcome" is wrong: /,
  ],
  [
    '{"messages": [{"role": "assistant", "function_call": {"name": "f"}}]}',
    /^Cannot read line 7 as "messages\.0\.function_call" is wrong: calls must be in tool_calls/,
  ],
  [
    '{"messages": [{"role": "tool", "content": ""}]}',
    /^Cannot read line 7 as a reply must follow its call: message 0 is before any$/,
  ],
  ['{"steps": [{}]}', /^Cannot read line 7 as "version" is wrong: /],
  [
    encodeEpisode(EPISODE).replace('"version":1', '"version":99'),
    /^Cannot read line 7 as its line is of version 99: this program reads up to 1$/,
  ],
  [
    encodeEpisode(EPISODE).replace('"kind":"toolCall"', '"kind":"call"'),
    /^Cannot read line 7 as "steps\.0\.action\.kind" is wrong: /,
  ],
];

for (const [text, message] of BROKEN) {
  Deno.test(`readLine() refuses ${text.slice(0, 50)} with the line, the rule and what was found`, () => {
    assert.throws(() => readLine(text, 7), { name: "SyntaxError", message });
  });
}
