/**
 * What the clients of others saw, in words: outcomes of the tests, versions, excerpts of transcripts, and
 * the log of the optimizer steps.
 *
 * @module
 */

/** Files that the tests keep, in the order of the report. */
export const RECORD_FILES = [
  "openenv_validate.json",
  "openenv_episodes.py.json",
  "ors_episodes.py.json",
  "verifiers_episodes.py.json",
  "skyrl_episodes.py.json",
  "trl_steps.py-ors.json",
  "trl_steps.py-openenv.json",
] as const;

/** Characters of an observation that an excerpt shows. */
const SHOWN = 300;

// What Python wrote is only shown, so that its form is not checked here: the tests did that.
// deno-lint-ignore no-explicit-any
type Json = any;

/** The whole report. */
export function conformanceReport(
  outcomes: string,
  records: Readonly<Record<string, unknown>>,
): string {
  const [validate, openenv, ors, verifiers, skyrl, ...trl] = RECORD_FILES.map((name) =>
    records[name] as Json
  );
  return [
    "Tests",
    // Of a test that takes long, Deno says so in the middle of its line.
    ...outcomes.replace(/ \.\.\..*has been running.*\n/g, " ...").split("\n")
      .filter((line) => / \.\.\. |^(ok|FAILED) \|/.test(line)).map(indented),
    "",
    ...section("openenv validate", validate, validateLines),
    ...section("OpenEnv's clients", openenv, openenvLines),
    ...section("Clients of the Open Reward Standard", ors, orsLines),
    ...section(
      "verifiers' OpenEnv taskset (its environment loop; a scripted player)",
      verifiers,
      (json) => verifiersLines(json),
    ),
    ...section("An environment of SkyRL's gym", skyrl, skyrlLines),
    ...["ORS (OpenRewardSpec)", "OpenEnv (environment_factory)"].flatMap((way, n) =>
      section(`TRL's GRPOTrainer over ${way}`, trl[n], trlLines)
    ),
  ].join("\n");
}

function section(title: string, json: Json, lines: (json: Json) => string[]): string[] {
  const versions = Object.entries(json?.versions ?? {}).map(([name, version]) =>
    `${name} ${version}`
  );
  const heading = versions.length > 0 ? `${title} (${versions.join(", ")})` : title;
  return [heading, ...(json === null ? ["not run"] : lines(json)).map(indented), ""];
}

const indented = (line: string) => `  ${line}`;

function validateLines({ criteria, standard_profile, passed }: Json): string[] {
  return [
    ...criteria.map(({ id, passed }: Json) => `${passed ? "PASS" : "FAIL"}  ${id}`),
    `profile ${standard_profile}: ${passed ? "PASS" : "FAIL"}`,
  ];
}

function openenvLines({ episodes: { message, call, mcp }, refused }: Json): string[] {
  return [
    `${message.length} episodes by GenericEnvClient, ${call.length} by MCPToolClient, ${mcp.length} ` +
    "by MCPToolClient over HTTP (/mcp), all as without a server",
    "GenericEnvClient, right answer:",
    ...stepLines(message[0].steps),
    "GenericEnvClient, format broken, then failing SQL, then the right answer:",
    ...stepLines(message[2].steps),
    "MCPToolClient, turn limit:",
    ...stepLines(call[3].steps),
    ...Object.entries(refused).map(([what, error]) => `${what}: ${error}`),
  ];
}

function orsLines(json: Json): string[] {
  return ["ors-sdk", "openreward"].flatMap((client) => {
    const { lists, episodes } = json[client];
    return [
      `${client}: ${JSON.stringify(lists.num_tasks)}; ${
        episodes.length + 1
      } episodes, all as without a ` +
      "server. Wrong answer:",
      ...stepLines(episodes[1].steps),
      `after the end: ${episodes[1].after}`,
    ];
  });
}

function verifiersLines({ episodes }: Json): string[] {
  return episodes.map(({ shown, rewards }: Json) =>
    `${shown.length} observations shown to the model, ${JSON.stringify(rewards)}`
  );
}

function skyrlLines({ episodes }: Json): string[] {
  return [
    `${episodes.length} episodes, all as without a server. Right answer:`,
    ...stepLines(episodes[0].steps),
  ];
}

function trlLines(json: Json): string[] {
  const { parameters, warm_up, steps, weight_changes, last_rewards, last_process_rewards } = json;
  return [
    `a Qwen3 of ${parameters} random weights, ${warm_up.steps} supervised steps on demonstrations ` +
    `(loss ${warm_up.loss})`,
    ...steps.map((step: Json, n: number) =>
      `step ${n + 1}: ${
        Object.entries(step).map(([name, value]) =>
          `${name} ${Number(Number(value).toPrecision(4))}`
        )
          .join(", ")
      }, weights moved by ${weight_changes[n].toPrecision(3)}`
    ),
    `rewards of the calls of the last step's episodes: ${JSON.stringify(last_rewards)}`,
    `their process rewards, in metadata: ${JSON.stringify(last_process_rewards)}`,
  ];
}

function stepLines(steps: Json[]): string[] {
  return steps.map(
    ([text, reward, done, { action, violation, step_rewards, episode }]: Json, n) => {
      const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
      const end = episode
        ? `, ${episode.stop_reason}, step values ${JSON.stringify(episode.step_values)}`
        : "";
      return `  ${n + 1}. ${violation ?? action} -> ${JSON.stringify(shown)}, reward ${reward}, ` +
        `done ${done}, process ${step_rewards.process}${end}`;
    },
  );
}
