import MCPAuthCore
import Testing

@testable import MCPAuthToolInput

@Suite struct SecretFileFinderTests {
  /// A disk with these links.
  private static let links = [
    "/conf/good": "sub/../key", "/conf/folder": "/srv/keys", "/conf/up": "../srv/keys/a",
    "/conf/open": "/dev/fd/7", "/conf/hop": "open", "/conf/opens": "/dev/fd", "/dev/fd": "/proc/self/fd",
    "/proc/self/fd/7": "/tmp/key (deleted)", "/conf/hidden": "x/../../dev/./fd/7", "/conf/loop": "loop",
    "/conf/git": "sub/.git/../config", "/conf/kept": "/var/lib/mcpauth/a.json",
  ]
  private let finder = SecretFileFinder(folder: "/conf", keptApart: ["/var/lib/mcpauth"]) { path in
    SecretFileFinderTests.links[path]
  }

  @Test(
    "InventoryReference#Secret-references: links are followed to the file",
    arguments: [
      ("key", "/conf/key"), ("./a//../key", "/conf/key"), ("good", "/conf/key"), ("folder/a", "/srv/keys/a"),
      ("folder/../b", "/srv/b"), ("up", "/srv/keys/a"), ("/abs", "/abs"), ("/../abs", "/abs"),
    ])
  func found(_ path: String, _ expected: String) throws {
    #expect(try finder.find(path) == expected)
  }

  @Test(
    "InventoryReference#Secret-references: each link is looked at, not only the file at the end",
    arguments: [
      ("open", "it leads to '/dev/fd/7', and /dev holds"), ("hop", "/dev holds"), ("opens/7", "/dev holds"),
      ("hidden", "/dev holds"), ("/dev/fd/7", "/dev holds"), ("git", ".git holds"), ("loop", "over 40 links"),
      ("kept", "mcpauth itself keeps secrets there"), ("a\0b", "cannot be the path"),
      (String(repeating: "a/", count: 2100), "cannot be the path"),
    ])
  func refused(_ path: String, _ words: String) throws {
    let error = try #require(throws: Diagnostic.self) { try finder.find(path) }
    #expect(error.code == .referenceRefused)
    #expect(error.message.contains(words), "\(error.message)")
  }
}
