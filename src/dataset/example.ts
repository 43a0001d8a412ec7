/**
 * A benchmark question with its database and gold SQL, whatever the benchmark's file format.
 *
 * @module
 */

/** One column as the prompt shows it. */
export interface Column {
  readonly name: string;
  /** Declared type, as in `CREATE TABLE`. */
  readonly type: string;
  /** From the benchmark's description files; empty when there is none. */
  readonly description: string;
  /** A few distinct stored values, as text, for the prompt. */
  readonly exampleValues: readonly string[];
  readonly isPrimaryKey: boolean;
  readonly references: { readonly table: string; readonly column: string } | null;
}

/** One table. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** A database: a SQLite file and what is known of its schema. */
export interface Database {
  readonly id: string;
  /** Absolute path of the SQLite file. */
  readonly path: string;
  readonly tables: readonly Table[];
}

/** BIRD's levels. */
export type Difficulty = "simple" | "moderate" | "challenging";

/** A question with its gold SQL. */
export interface Example {
  /** Unique in its data set, and stable: BIRD's question_id, or the position where there is none. */
  readonly id: string;
  readonly database: Database;
  readonly question: string;
  /** External knowledge given with the question; may be empty. */
  readonly evidence: string;
  readonly goldSql: string;
  /** Null where the benchmark gives none (BIRD train). */
  readonly difficulty: Difficulty | null;
}
