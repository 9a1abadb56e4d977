import KubeAPI
import Manifests

/// What `create`, `run` and `expose` say of an object that they made, or with `--dry-run`
/// would have made: one line, or with `-o` the object.
struct CreationOutput {
  private enum Format {
    case line, name, json, yaml
  }

  let dryRun: DryRun
  private let namespace: String?
  private let format: Format
  private var hasPrinted = false

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    dryRun = try DryRun(arguments)
    namespace = arguments.nonEmpty("namespace")
    switch arguments["output"] {
    case nil, "": format = .line
    case "name": format = .name
    case "json": format = .json
    case "yaml": format = .yaml
    case let other?:
      throw KubectlProblem(
        message: "error: unable to match a printer suitable for the output format \"\(other)\", "
          + "allowed formats are: json,name,yaml")
    }
  }

  /// Says that `object` was `made`, which is what the line ends with.
  ///
  /// - Parameter isMade: it was made of arguments, and shows what Go's encoder does not leave out.
  mutating func print(
    _ object: APIObject, _ made: String, isMade: Bool = false, _ io: inout KubectlIO
  ) {
    func json() -> JSONValue {
      guard dryRun == .client, isMade else { return object.json() }
      return Self.withEmptyStructs(object.withMetadata { $0.namespace = namespace ?? "" })
    }
    switch format {
    case .line: io.print("\(object.printedName) \(made)\(dryRun.suffix)")
    case .name: io.print(object.printedName)
    case .json: io.print(json().text(pretty: true))
    case .yaml: io.write((hasPrinted ? "---\n" : "") + json().yaml)
    }
    hasPrinted = true
  }

  /// Structs are never empty to Go's `omitempty`.
  private static func withEmptyStructs(_ object: APIObject) -> JSONValue {
    let paths: [String]
    switch object.kind {
    case .deployment:
      paths = ["spec.strategy", "spec.template.spec.containers.*.resources", "status"]
    case .pod: paths = ["spec.containers.*.resources", "status"]
    case .namespace: paths = ["spec", "status"]
    case .service: paths = ["status.loadBalancer"]
    default: paths = []
    }
    return paths.reduce(object.json()) { json, path in
      emptyStruct(in: json, at: path.split(separator: ".")[...])
    }
  }

  private static func emptyStruct(in json: JSONValue, at path: ArraySlice<Substring>) -> JSONValue {
    guard let name = path.first else { return json }
    if name == "*" {
      guard case .array(let items) = json else { return json }
      return .array(items.map { emptyStruct(in: $0, at: path.dropFirst()) })
    }
    guard case .object(var object) = json else { return json }
    let below = object[String(name)] ?? .object(JSONObject())
    object[String(name)] = emptyStruct(in: below, at: path.dropFirst())
    return .object(object)
  }
}
