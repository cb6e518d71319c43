// What a page does with clients that we did not write: @connectrpc/connect-web, by either of its transports, and
// grpc-web. rpc_in_browser.test.ts runs it in a browser.

import { createFileRegistry, fromBinary, toBinary, create, toJson, type DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { GrpcWebClientBase, MethodDescriptor, MethodType, type RpcError } from "grpc-web";

/** Reads up to `count` messages of a method, then leaves; gives them in JSON, and the code of the end, if there was one. */
export type Read = (
  method: string,
  request: Record<string, unknown>,
  options: { count: number; timeoutMs?: number },
) => Promise<{ messages: unknown[]; end: string }>;

const SERVICE = "happiness.v1.HappinessService";

async function makeReaders(bridge: string): Promise<Record<string, Read>> {
  const schema = new Uint8Array(await (await fetch("/schema.binpb")).arrayBuffer());
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, schema));
  const service = registry.getService(SERVICE)!;
  const methodOf = (name: string) => service.methods.find((method) => method.name === name)!;

  const connect = (transport: Transport): Read => {
    const client = createClient(service, transport) as unknown as Record<string, (...args: unknown[]) => unknown>;
    return async (name, request, { count, timeoutMs }) => {
      const method = methodOf(name);
      const abort = new AbortController();
      const messages: unknown[] = [];
      const take = (message: unknown): void => {
        messages.push(toJson(method.output, message as never, { registry }));
        if (messages.length >= count) abort.abort();
      };
      try {
        const answer = client[method.localName]!(request, { signal: abort.signal, timeoutMs });
        if (method.methodKind === "unary") take(await (answer as Promise<unknown>));
        else for await (const message of answer as AsyncIterable<unknown>) take(message);
        return { messages, end: "" };
      } catch (error) {
        return { messages, end: Code[ConnectError.from(error).code]! };
      }
    };
  };

  const grpcWeb = (format: string): Read => {
    const client = new GrpcWebClientBase({ format });
    return (name, request, { count, timeoutMs }) => {
      const method = methodOf(name);
      const path = `/${SERVICE}/${name}`;
      const serialize = (message: unknown): Uint8Array => toBinary(method.input as DescMessage, message as never);
      const parse = (bytes: Uint8Array): unknown => toJson(method.output, fromBinary(method.output, bytes), { registry });
      const streams = method.methodKind !== "unary";
      const descriptor = new MethodDescriptor<unknown, unknown>(
        path,
        streams ? MethodType.SERVER_STREAMING : MethodType.UNARY,
        Object,
        Object,
        serialize,
        parse,
      );
      const metadata = timeoutMs === undefined ? {} : { deadline: String(Date.now() + timeoutMs) };
      const message = create(method.input, request as never);
      const messages: unknown[] = [];
      return new Promise((resolve) => {
        const end = (error?: RpcError): void => resolve({ messages, end: error ? Code[error.code]! : "" });
        if (!streams) {
          client.rpcCall(bridge + path, message, metadata, descriptor, (error: RpcError | null, answer) => {
            if (!error) messages.push(answer);
            end(error ?? undefined);
          });
          return;
        }
        const stream = client.serverStreaming(bridge + path, message, metadata, descriptor);
        stream.on("data", (one) => {
          messages.push(one);
          if (messages.length < count) return;
          stream.cancel();
          resolve({ messages, end: "Canceled" });
        });
        stream.on("error", end);
        stream.on("end", () => end());
      });
    };
  };

  return {
    "connect-web, Connect": connect(createConnectTransport({ baseUrl: bridge })),
    "connect-web, Connect, binary, by GET": connect(
      createConnectTransport({ baseUrl: bridge, useBinaryFormat: true, useHttpGet: true }),
    ),
    "connect-web, gRPC-Web": connect(createGrpcWebTransport({ baseUrl: bridge })),
    "grpc-web, text": grpcWeb("text"),
  };
}

Object.assign(globalThis, { makeReaders });
