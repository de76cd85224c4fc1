import Foundation
import Synchronization

@testable import MCPAuthStores

/// A docker credential helper that stores files, and that misbehaves as a test requires.
struct FakeHelper: Sendable {
  let place: TemporaryFolder

  init(_ place: TemporaryFolder) throws {
    // Data that a helper does not read must not end the test process (SIGPIPE), as it does not end the command.
    signal(SIGPIPE, SIG_IGN)
    self.place = place
    try place.makeFolder("kept")
    try write(Self.honest)
  }

  /// A PATH with a folder that contains only the helper, and what the script itself needs.
  var environment: [String: String] {
    [
      "PATH": place("bin") + ":/usr/bin:/bin", "HOME": place.path, "KEPT": place("kept"),
      "MCPAUTH_AGE_KEY": "s3cret-key", "GITHUB_TOKEN": "t0ken", "ACTIONS_RUNTIME_TOKEN": "t0ken",
    ]
  }

  func write(_ script: String) throws {
    try place.write("#!/usr/bin/python3 -SE\n" + script, to: "bin/docker-credential-fake")
    try place.setMode(0o755, of: "bin/docker-credential-fake")
  }

  func store(lineage: String? = Sample.lineage, helper: String = "fake", timeout: Duration = .seconds(60))
    -> ProgramSecretStore
  {
    ProgramSecretStore(
      helper: helper, environment: environment, timeout: timeout,
      programs: StorePrograms(allowing: "docker-credential-" + helper), lineage: { lineage })
  }

  /// The runs so far: `argument,argument|what came on stdin`, and the environment's names.
  var log: String { (try? place.text("kept/log")) ?? "" }

  static let honest = #"""
    import sys, os, json, hashlib
    kept = os.environ["KEPT"]
    verb = sys.argv[1]
    text = sys.stdin.read()
    with open(kept + "/log", "a") as log:
        log.write(",".join(sys.argv[1:]) + "|" + ",".join(sorted(os.environ)) + "\n")
    def path(url): return kept + "/" + hashlib.sha256(url.encode()).hexdigest() + ".json"
    def missing():
        print("credentials not found in native keychain")
        sys.exit(1)
    if verb == "store":
        with open(path(json.loads(text)["ServerURL"]), "w") as file: file.write(text)
    elif verb == "get":
        if not os.path.exists(path(text)): missing()
        print(open(path(text)).read())
    elif verb == "erase":
        if not os.path.exists(path(text)): missing()
        os.unlink(path(text))
    elif verb == "list":
        found = {}
        for name in os.listdir(kept):
            if name.endswith(".json"):
                entry = json.load(open(kept + "/" + name))
                found[entry["ServerURL"]] = entry["Username"]
        print(json.dumps(found))

    """#
}

/// Texts that several threads add.
final class Collected: Sendable {
  private let texts = Mutex<[String]>([])

  func add(_ text: String) { texts.withLock { $0.append(text) } }

  var all: [String] { texts.withLock { $0 } }
}
