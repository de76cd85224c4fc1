import Foundation

@testable import MCPAuthStores

/// A store program that keeps files, and that misbehaves as a test requires (SecretStores#Exec).
struct FakeStoreProgram: Sendable {
  static let program = "mcpauth-store-fake"

  let place: TemporaryFolder

  init(_ place: TemporaryFolder) throws {
    // Data that a program does not read must not end the test process (SIGPIPE), as it does not end the command.
    signal(SIGPIPE, SIG_IGN)
    self.place = place
    try place.makeFolder("kept")
    try write(Self.honest)
  }

  /// A PATH with a folder that contains only the program, and what the script itself needs.
  var environment: [String: String] {
    [
      "PATH": place("bin") + ":/usr/bin:/bin", "HOME": place.path, "KEPT": place("kept"),
      "MCPAUTH_AGE_KEY": "s3cret-key", "GITHUB_TOKEN": "t0ken", "ACTIONS_RUNTIME_TOKEN": "t0ken",
    ]
  }

  func write(_ script: String) throws {
    try place.write("#!/usr/bin/python3 -SE\n" + script, to: "bin/" + Self.program)
    try place.setMode(0o755, of: "bin/" + Self.program)
  }

  func store(
    lineage: String? = Sample.lineage, command: [String] = [program, "--prefix", "my secrets"],
    locked: [(server: String, version: String)] = [], timeout: Duration = .seconds(60)
  ) -> ProgramSecretStore {
    ProgramSecretStore(
      command: command, environment: environment, timeout: timeout,
      programs: StorePrograms(allowing: command.first ?? ""), lineage: { lineage }, locked: { locked })
  }

  /// The runs so far: `argument,argument|verb|name|names of the environment`.
  var log: String { (try? place.text("kept/log")) ?? "" }

  /// The files of the items.
  func kept() throws -> [String] {
    try place.everything().keys.filter { $0.hasPrefix("kept/") && $0.hasSuffix(".item") }.sorted()
  }

  static let honest = #"""
    import json, os, sys
    kept = os.environ["KEPT"]
    request = json.load(sys.stdin)
    assert request["protocol"] == 1
    verb, name = request["verb"], request.get("name", "")
    with open(kept + "/log", "a") as log:
        log.write(",".join(sys.argv[1:]) + "|" + verb + "|" + name + "|" + ",".join(sorted(os.environ)) + "\n")
    path = kept + "/" + name.replace("/", "+") + ".item"
    answer = {}
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
            answer = {"names": [n[:-5].replace("+", "/") for n in os.listdir(kept) if n.endswith(".item")]}
    except FileExistsError: sys.exit(3)
    except FileNotFoundError: sys.exit(4)
    print(json.dumps(answer))

    """#
}
