import { ServerReflection } from "@aibridge/proto/grpc/reflection/v1/reflection";
import { ServerReflection as ServerReflectionAlpha } from "@aibridge/proto/grpc/reflection/v1alpha/reflection";
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";

/**
 * Registers gRPC server reflection (v1, and v1alpha for older clients) for the
 * services and itself, as `buf curl` and `grpcurl` ask for it:
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
export function reflectionRoutes(
  services: readonly DescService[],
): (router: ConnectRouter) => void {
  const index = indexOf([...services, ServerReflection, ServerReflectionAlpha]);
  return (router) => {
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          const messageResponse = answer(index, request.messageRequest);
          yield { validHost: request.host, originalRequest: request, messageResponse };
        }
      },
    });
    router.service(ServerReflectionAlpha, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          const messageResponse = answer(index, request.messageRequest);
          yield { validHost: request.host, originalRequest: request, messageResponse };
        }
      },
    });
  };
}

/** What a client may ask, in the shape that both versions share. */
type Question =
  | { case: "fileByFilename" | "fileContainingSymbol"; value: string }
  | { case: "allExtensionNumbersOfType" | "listServices"; value: string }
  | { case: "fileContainingExtension"; value: { containingType: string; extensionNumber: number } }
  | { case: undefined; value?: undefined };

/** Every schema that is served, by the names one may ask for. */
interface Index {
  readonly services: readonly string[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly symbols: ReadonlyMap<string, DescFile>;
  /** Extension numbers and their files, by the message they extend. */
  readonly extensions: ReadonlyMap<string, ReadonlyMap<number, DescFile>>;
}

function answer(index: Index, question: Question) {
  switch (question.case) {
    case "listServices":
      return {
        case: "listServicesResponse" as const,
        value: { service: index.services.map((name) => ({ name })) },
      };
    case "fileByFilename":
      return files(index.files.get(question.value), `file ${question.value}`);
    case "fileContainingSymbol":
      return files(index.symbols.get(question.value), `symbol ${question.value}`);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = question.value;
      const file = index.extensions.get(containingType)?.get(extensionNumber);
      return files(file, `extension ${extensionNumber} of ${containingType}`);
    }
    case "allExtensionNumbersOfType":
      return extensionNumbers(index, question.value);
    case undefined:
      return failure(Code.InvalidArgument, "the request asks nothing");
  }
}

/** The file, and after it everything it imports, so that one answer is enough. */
function files(file: DescFile | undefined, what: string) {
  if (file === undefined) return failure(Code.NotFound, `unknown ${what}`);
  const fileDescriptorProto = [...withDependencies(file)].map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  );
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } };
}

function extensionNumbers(index: Index, baseTypeName: string) {
  const numbers = index.extensions.get(baseTypeName);
  if (numbers === undefined && !index.symbols.has(baseTypeName)) {
    return failure(Code.NotFound, `unknown type ${baseTypeName}`);
  }
  return {
    case: "allExtensionNumbersResponse" as const,
    value: { baseTypeName, extensionNumber: [...(numbers?.keys() ?? [])] },
  };
}

function failure(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}

function withDependencies(file: DescFile, seen = new Set<DescFile>()): Set<DescFile> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const dependency of file.dependencies) withDependencies(dependency, seen);
  return seen;
}

function indexOf(services: readonly DescService[]): Index {
  const all = new Set<DescFile>();
  for (const service of services) withDependencies(service.file, all);
  const symbols = new Map<string, DescFile>();
  const extensions = new Map<string, Map<number, DescFile>>();
  for (const file of all) {
    for (const name of symbolsOf(file)) symbols.set(name, file);
    for (const type of nestedTypes(file)) {
      if (type.kind !== "extension") continue;
      const numbers = extensions.get(type.extendee.typeName) ?? new Map<number, DescFile>();
      extensions.set(type.extendee.typeName, numbers.set(type.number, file));
    }
  }
  return {
    services: services.map(({ typeName }) => typeName).sort(),
    files: new Map([...all].map((file) => [file.proto.name, file])),
    symbols,
    extensions,
  };
}

/** The full name of everything that a file defines, and that can be asked for. */
function* symbolsOf(file: DescFile): Generator<string> {
  for (const type of nestedTypes(file)) {
    yield type.typeName;
    switch (type.kind) {
      case "message":
        for (const member of [...type.fields, ...type.oneofs]) {
          yield `${type.typeName}.${member.name}`;
        }
        break;
      case "enum":
        // The values of an enum are named beside it, not inside it.
        for (const { name } of type.values) {
          yield [...type.typeName.split(".").slice(0, -1), name].join(".");
        }
        break;
      case "service":
        for (const method of type.methods) yield `${type.typeName}.${method.name}`;
        break;
      case "extension":
        break;
    }
  }
}
