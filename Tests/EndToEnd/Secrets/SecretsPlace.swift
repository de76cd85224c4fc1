import Foundation
import MCPAuthSandbox
import Testing

/// An age key pair, as `mcpauth secrets keygen` prints it.
struct AgeKey: Sendable {
  var identity: String
  var recipient: String

  var environment: [String: String] { ["MCPAUTH_AGE_KEY": identity] }

  static func make() async throws -> AgeKey {
    let run = try await Workplace().run("secrets", "keygen")
    let lines = run.out.split(separator: "\n").map(String.init)
    try #require(lines.count == 2 && lines[0].hasPrefix("# recipient: "))
    return AgeKey(identity: lines[1], recipient: String(lines[0].dropFirst("# recipient: ".count)))
  }

  static func head(_ keys: AgeKey...) -> String {
    "secrets: {store: age, recipients: [\(keys.map(\.recipient).joined(separator: ", "))]}"
  }
}

extension Workplace {
  static let ageFolder = "servers.secrets"

  /// Runs `mcpauth` with this text on its standard input.
  func run(_ arguments: [String], input: String, environment: [String: String] = [:]) async throws -> Run {
    let name = "input-\(UUID().uuidString)"
    try write(input, to: name)
    defer { try? remove(name) }
    return try await AsyncSemaphore.taken {
      try await start(
        arguments, environment: environment, through: ["sh", "-c", "exec \"$@\" < \(name)", "sh"]
      ).finish()
    }
  }

  func set(_ key: String, _ value: String, environment: [String: String] = [:]) async throws {
    let run = try await run(["secrets", "set", key], input: value + "\n", environment: environment)
    #expect(run.exit == 0, "\(run.all)")
    #expect(!run.all.contains(value))
  }

  /// Runs `mcpauth secrets` with `--format json`, and checks its output with the schema.
  func secretsJSON(
    _ arguments: String..., exit: Int32 = 0, environment: [String: String] = [:],
    location: SourceLocation = #_sourceLocation
  ) async throws -> Document {
    let run = try await run(["secrets"] + arguments + ["--format", "json"], environment: environment)
    #expect(run.exit == exit, "\(run.all)", sourceLocation: location)
    #expect(try SchemaCheck("secrets").problems(run.out) == [], "\(run.out)", sourceLocation: location)
    return try run.json()
  }

  /// Writes values directly into the directory store.
  func plant(_ values: [String: String]) throws {
    try makeFolder(Self.secrets + "/stored")
    for (key, value) in values {
      let name = Self.secrets + "/stored/\(key).json"
      try write(#"{"format":1,"key":"\#(key)","value":"\#(value)"}"#, to: name)
      try setMode(0o600, name)
    }
    for name in [".mcpauth", Self.state, Self.secrets, Self.secrets + "/stored"] { try setMode(0o700, name) }
  }

  /// Creates a docker credential helper `fake` that stores files in `kept`.
  /// - Returns: the environment in which the helper is found and allowed.
  func makeHelper() throws -> [String: String] {
    try makeFolder("bin")
    try makeFolder("kept")
    try write(Self.helperScript, to: "bin/docker-credential-fake")
    try setMode(0o755, "bin/docker-credential-fake")
    return [
      "PATH": path("bin").path + ":/usr/bin:/bin", "KEPT": path("kept").path,
      "MCPAUTH_STORE_PROGRAMS": "docker-credential-fake",
    ]
  }

  /// Creates a store program `mcpauth-store-fake` that keeps files in `kept` (SecretStores#Exec).
  /// - Returns: the environment in which the program is found and allowed.
  func makeStoreProgram() throws -> [String: String] {
    try makeFolder("bin")
    try makeFolder("kept")
    try write(Self.storeProgram, to: "bin/mcpauth-store-fake")
    try setMode(0o755, "bin/mcpauth-store-fake")
    return [
      "PATH": path("bin").path + ":/usr/bin:/bin", "KEPT": path("kept").path,
      "MCPAUTH_STORE_PROGRAMS": "mcpauth-store-fake",
    ]
  }

  private static let storeProgram = #"""
    #!/usr/bin/python3 -SE
    import json, os, sys
    kept, request = os.environ["KEPT"], json.load(sys.stdin)
    verb, answer = request["verb"], {}
    path = kept + "/" + request.get("name", "").replace("/", "+") + ".json"
    try:
        if verb == "create":
            with open(path, "x") as file: file.write(request["value"])
        elif verb == "replace":
            with open(path + ".new", "w") as file: file.write(request["value"])
            os.rename(path + ".new", path)
        elif verb == "get":
            answer = {"value": open(path).read()}
        elif verb == "delete":
            os.unlink(path)
        elif verb == "list":
            answer = {"names": [n[:-5].replace("+", "/") for n in os.listdir(kept) if n.endswith(".json")]}
    except FileExistsError: sys.exit(3)
    except FileNotFoundError: sys.exit(4)
    print(json.dumps(answer))

    """#

  private static let helperScript = #"""
    #!/usr/bin/python3 -SE
    import sys, os, json, hashlib
    kept, verb, text = os.environ["KEPT"], sys.argv[1], sys.stdin.read()
    def path(url): return kept + "/" + hashlib.sha256(url.encode()).hexdigest() + ".json"
    def missing():
        print("credentials not found in native keychain")
        sys.exit(1)
    if verb == "store":
        name = path(json.loads(text)["ServerURL"])
        with open(name + ".new", "w") as file: file.write(text)
        os.rename(name + ".new", name)
    elif verb == "get":
        if not os.path.exists(path(text)): missing()
        print(open(path(text)).read())
    elif verb == "erase":
        if not os.path.exists(path(text)): missing()
        os.unlink(path(text))
    elif verb == "list":
        entries = [json.load(open(kept + "/" + n)) for n in os.listdir(kept) if n.endswith(".json")]
        print(json.dumps({e["ServerURL"]: e["Username"] for e in entries}))

    """#
}
