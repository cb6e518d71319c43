// What goes over the socket: bridge.v1.StreamsRequest and StreamsResponse as JSON.

import type { ErrorJson } from "./error.js";

export interface OpenJson {
  readonly method: string;
  readonly request: object;
  readonly after: string | undefined;
  readonly latest: boolean | undefined;
  readonly maxRate: number | undefined;
  readonly window: number;
}

/** One of these fields. */
export interface RequestJson {
  readonly open?: OpenJson & { readonly id: number };
  readonly grant?: { readonly id: number; readonly messages: number };
  /** Always answered by `closed`. */
  readonly close?: { readonly id: number };
}

/** `id`, and one of the other fields. Without an `id` it is about the socket. */
export interface ResponseJson {
  readonly id?: number;
  readonly opened?: object;
  readonly cursor?: string;
  readonly message?: unknown;
  readonly ended?: object;
  readonly error?: ErrorJson;
  readonly closed?: object;
}
