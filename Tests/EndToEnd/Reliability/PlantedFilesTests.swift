import Foundation
import MCPAuthSandbox
import Testing

/// Files that another user of the machine puts in the place of mcpauth's own files (SecretStores#Files-of-others). Each is refused, not
/// read and not written, and the message says how to correct it.
@Suite struct PlantedFilesTests {
  enum Kind: String, CaseIterable, Sendable {
    case link, hardLink, pipe, otherKind, foreignOwner, writableByAll, writableByGroup
  }

  /// Paths below the inventory's folder.
  static let folders = [
    ".mcpauth", ".mcpauth/servers", ".mcpauth/servers/secrets", ".mcpauth/servers/secrets/orphans",
    ".mcpauth/servers/secrets/stored",
  ]
  static let files = [
    ".mcpauth/.gitignore", ".mcpauth/servers/run.lock", ".mcpauth/servers/journal.jsonl", ".mcpauth/servers/lineage",
    "<record>", "<orphan>", ".mcpauth/servers/secrets/stored/key.json",
  ]

  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var kind: Kind
    var isFolder: Bool
    var testDescription: String { "\(kind.rawValue) at \(path)" }
  }

  static let cases: [Case] =
    folders.flatMap { path in
      Kind.allCases.filter { $0 != .hardLink }.map { Case(path: path, kind: $0, isFolder: true) }
    }
    + files.flatMap { path in Kind.allCases.map { Case(path: path, kind: $0, isFolder: false) } }

  @Test("SecretStores#Files-of-others: a planted file is refused and not changed", arguments: cases)
  func planted(_ planted: Case) async throws {
    if planted.kind == .foreignOwner, geteuid() != 0 {
      print("PlantedFilesTests: \(planted.testDescription) is left out: only root can give a file to another user")
      return
    }
    try await withSandbox(.init(kinds: ["confidential-basic", "managed", "challenge"])) { sandbox in
      let place = try await applied(sandbox)
      let path = try actual(planted.path, in: place)
      let theirs = try Workplace()
      try plant(planted, at: path, in: place, theirs)
      // If the run does not stop, it registers a client.
      let new =
        planted.path == "<record>" || planted.path == "<orphan>" ? "" : "t: {url: \"\(sandbox.url("challenge"))\"}"
      try place.write(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}\n" + new)
      sandbox.forgetRequests()
      let before = try (Self.listing(place, but: path), Self.listing(theirs))

      var told = ""
      for command in [["plan"], ["apply"], ["secrets", "check"], ["secrets", "get", "--stored", "key"]] {
        let run = try await place.run(command)
        if run.exit != 0 { told += run.all }
      }
      let codes = ["unsafe-file", "store-failed", "secret-unreadable"].filter { told.contains($0) }
      #expect(!codes.isEmpty, "\(told)")
      #expect(!told.contains(Self.marker), "what is theirs is not shown: \(told)")
      // An apply does not open a stored value that the inventory does not name, so a link or a pipe in its place stops only `secrets get`.
      if planted.path.hasSuffix("stored/key.json"), [.link, .pipe, .otherKind].contains(planted.kind) {
        #expect(try Self.listing(theirs) == before.1)
      } else {
        #expect(sandbox.registrations("challenge") == 0)
        #expect(try (Self.listing(place, but: path), Self.listing(theirs)) == before)
      }
      switch planted.kind {
      case .link: #expect(told.contains("symbolic link"), "\(told)")
      case .hardLink: #expect(told.contains("unsafe-file") && told.contains("cp -p "), "\(told)")
      case .foreignOwner: #expect(told.contains("unsafe-file") && told.contains("chown "), "\(told)")
      case .writableByAll, .writableByGroup:
        #expect(told.contains("unsafe-file") && told.contains("chmod go-w "), "\(told)")
      case .pipe, .otherKind: break
      }
    }
  }

  @Test("SecretStores#Files-of-others: there are at least forty cases")
  func enough() {
    #expect(Self.cases.count >= 40)
  }

  // MARK: Steps

  private static let marker = "text-of-theirs"

  /// A record, an orphan's record, a stored value, and a journal.
  private func applied(_ sandbox: Sandbox) async throws -> Workplace {
    let place = try Workplace(
      servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}\nm: {url: \"\(sandbox.url("managed"))\"}")
    try await place.set("key", "a-value-of-ours")
    let first = try await place.run("apply")
    try #require(first.exit == 0, "\(first.all)")
    sandbox.change("managed") { $0.faults[.management] = SandboxFault(.text(500, "down")) }
    try place.write(servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}")
    _ = try await place.run("apply")
    try #require(place.names(in: Workplace.secrets + "/orphans").count == 1)
    return place
  }

  private func actual(_ path: String, in place: Workplace) throws -> String {
    switch path {
    case "<record>": try place.recordPath("s")
    case "<orphan>":
      Workplace.secrets + "/orphans/" + (try #require(place.names(in: Workplace.secrets + "/orphans").first))
    default: path
    }
  }

  private func plant(_ planted: Case, at path: String, in place: Workplace, _ theirs: Workplace) throws {
    let full = place.path(path).path
    let target = theirs.path("theirs").path
    // The planted file has the original content, so that only the planting can be the reason for the error.
    switch planted.kind {
    case .link:
      try FileManager.default.moveItem(atPath: full, toPath: target)
      try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: target)
    case .hardLink: try #require(link(full, target) == 0)
    case .pipe:
      try FileManager.default.moveItem(atPath: full, toPath: target)
      try #require(mkfifo(full, 0o600) == 0)
    case .otherKind:
      try FileManager.default.moveItem(atPath: full, toPath: target)
      if planted.isFolder { try Data(Self.marker.utf8).write(to: place.path(path)) } else { try place.makeFolder(path) }
    case .foreignOwner: try #require(chown(full, 12345, 12345) == 0)
    case .writableByAll: try place.setMode(planted.isFolder ? 0o777 : 0o666, path)
    case .writableByGroup: try place.setMode(planted.isFolder ? 0o770 : 0o660, path)
    }
  }

  /// Every path with its kind, mode, owner and content, except the content of the run lock.
  private static func listing(_ place: Workplace, but planted: String = "") throws -> [String: String] {
    var found: [String: String] = [:]
    let names = FileManager.default.enumerator(atPath: place.folder.path)
    while let name = names?.nextObject() as? String {
      let full = place.path(name).path
      var status = stat()
      guard lstat(full, &status) == 0 else { continue }
      let isFile = status.st_mode & S_IFMT == S_IFREG
      let isRunLock = name.hasSuffix("run.lock") && planted != name
      let content = isFile && !isRunLock ? (try? Data(contentsOf: place.path(name)))?.base64EncodedString() ?? "" : ""
      found[name] = "\(status.st_mode) \(status.st_uid) \(status.st_nlink) \(content)"
    }
    return found
  }
}
