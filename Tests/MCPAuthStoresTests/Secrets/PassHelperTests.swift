import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthStores

/// A real helper: `docker-credential-pass`, with a temporary key.
@Suite struct PassHelperTests {
  @Test(
    "SecretStores#Helper: the contract of a secret store, with pass",
    .enabled(if: PassTools.areDue, "docker-credential-pass, pass or gpg is not installed"))
  func contract() async throws {
    let place = try TemporaryFolder()
    for name in ["gnupg", "home"] {
      try place.makeFolder(name)
      try place.setMode(0o700, of: name)
    }
    let environment = ["PATH": PassTools.path, "HOME": place("home"), "GNUPGHOME": place("gnupg"), "LC_ALL": "C"]
    func run(_ program: String, _ arguments: String...) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [program] + arguments
      process.environment = environment
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(program)")
    }
    defer { try? run("gpgconf", "--kill", "all") }
    try run(
      "gpg", "--batch", "--passphrase", "", "--quick-gen-key", "mcpauth@example.invalid", "rsa2048", "encr", "never")
    try run("pass", "init", "mcpauth@example.invalid")
    let keep = place("home/.password-store/docker-credential-helpers")
    let open: SecretStoreContract.Opener = {
      ProgramSecretStore(
        helper: "pass", environment: environment, timeout: .seconds(60),
        programs: StorePrograms(allowing: "docker-credential-pass"), lineage: { Sample.lineage })
    }
    for rule in SecretStoreContract.rules where rule.testDescription != "many records at once" {
      try await rule.check(open)
      try? FileManager.default.removeItem(atPath: keep)
    }
  }
}

private enum PassTools {
  static let path = ProcessInfo.processInfo.environment["PATH"] ?? ""

  /// In a CI job without these tools the test fails. It is not skipped.
  static var areDue: Bool { areInstalled || ProcessInfo.processInfo.environment["CI"] != nil }

  private static var areInstalled: Bool {
    ["docker-credential-pass", "pass", "gpg"].allSatisfy { program in
      path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
  }
}
