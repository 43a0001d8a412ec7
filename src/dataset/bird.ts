/**
 * Earlier names of {@linkcode loadDataset} and its result.
 *
 * @module
 */

export { loadDataset as loadBird, readQuestions } from "./dataset.ts";
export type { Dataset, DatasetFiles } from "./dataset.ts";
