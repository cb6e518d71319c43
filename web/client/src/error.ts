// How a method, or the bridge, says that something failed.

/** What stands in `{"error": …}`. */
export interface ErrorJson {
  readonly code?: number;
  readonly status?: string;
  readonly message?: string;
  readonly details?: readonly unknown[];
}

/** What another attempt does not change. */
const LASTING: readonly string[] = [
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** A gRPC status that is not OK. */
export class BridgeError extends Error {
  override readonly name = "BridgeError";
  /** As an HTTP status: 400. 0 if there was no answer. */
  readonly code: number;
  /** gRPC's name: "OUT_OF_RANGE". */
  readonly status: string;
  /** Messages of google.rpc's error details, such as a BadRequest's field violations. */
  readonly details: readonly unknown[];

  constructor({ code = 500, status = "UNKNOWN", message = "", details = [] }: ErrorJson) {
    super(message || status);
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** The same may succeed later. A stream then comes back by itself, and throws nothing. */
  get passes(): boolean {
    return !LASTING.includes(this.status);
  }
}
