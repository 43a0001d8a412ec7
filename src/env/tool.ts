/**
 * A tool that a policy may call.
 *
 * @module
 */

import type { Example } from "../dataset/example.ts";
import type { SqlResult } from "../sandbox/result_set.ts";

/** What the policy is told of a tool, in the form of a Hermes or OpenAI function. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments; all of them are texts. */
  readonly parameters: {
    readonly type: "object";
    readonly properties: Readonly<
      Record<string, { readonly type: "string"; readonly description: string }>
    >;
    readonly required: readonly string[];
  };
}

/** The arguments of a call that fit the tool's schema; none is blank. */
export type Arguments = Readonly<Record<string, string>>;

/** A tool as its calls are read. */
export interface ToolForm extends ToolDescription {
  /**
   * The query of a call: SQL, or the task's own language. Calls of equal queries ask the same, by which
   * repeated calls are told (docs/metrics.md).
   */
  query(args: Arguments): string;
}

/** A tool that can be called. */
export interface Tool extends ToolForm {
  /** What a call gives; one that fails gives its failure. */
  run(args: Arguments, example: Example): Promise<SqlResult>;
}
