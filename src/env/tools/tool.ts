/**
 * A tool that a policy may call. Every tool here reads the database, so what a call means is the
 * SQL that it stands for, and the environment runs it.
 *
 * @module
 */

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

/** A tool: its description, and the SQL of a call. */
export interface Tool extends ToolDescription {
  /** The SQL that a call with these arguments runs; blank arguments are refused before. */
  sql(args: Readonly<Record<string, string>>): string;
}
