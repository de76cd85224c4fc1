import Testing

@testable import MCPAuthStores

/// The lock files on the branches of a work tree.
@Suite struct GitVersionsTests {
  private func git(_ arguments: String..., in folder: TemporaryFolder) async throws {
    let settings = ["user.name=t", "user.email=t@example.com", "commit.gpgsign=false", "init.defaultBranch=main"]
    _ = try await GitProgram(folder: folder.path).run(settings.flatMap { ["-c", $0] } + arguments).get()
  }

  @Test("SecretStores#When-a-record-is-removed: the work tree is found from a folder at any depth")
  func deepFolder() async throws {
    let tree = try TemporaryFolder()
    let folder = Array(repeating: "d", count: 70).joined(separator: "/")
    try tree.write("{}", to: folder + "/servers.lock.json")
    #expect(try await GitVersions(folder: tree(folder), file: "servers.lock.json").all().isEmpty)
    try await git("init", "-q", in: tree)
    try await git("add", "-A", in: tree)
    try await git("commit", "-q", "-m", "all", in: tree)
    let versions = try await GitVersions(folder: tree(folder), file: "servers.lock.json").all()
    #expect(versions.map(\.ref) == ["refs/heads/main"])
    #expect(versions.map(\.bytes) == [Array("{}".utf8)])
  }
}
