/**
 * A request that is refused for what the client asked: each protocol says it in its own form. Whatever
 * else is thrown is a fault of this program, of which clients are told nothing but that.
 *
 * @module
 */

/** Why a request is refused, with the HTTP status that says so. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
