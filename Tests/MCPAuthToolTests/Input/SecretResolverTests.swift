import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Testing

@testable import MCPAuthToolInput

@Suite struct SecretResolverTests {
  private let resolver = SecretResolver(
    environment: ["SET": "value", "EMPTY": ""],
    files: SecretFileFinder(folder: "/conf", keptApart: ["/var/lib/mcpauth"]) { path in
      path == "/conf/link" ? "/proc/self/environ" : nil
    },
    readFile: { path, limit throws(BoundedFile.Problem) in
      switch path {
      case "/conf/plain": return Array("se cret\n".utf8)
      case "/conf/crlf": return Array("secret\r\n".utf8)
      case "/conf/two": return Array("a\n\n".utf8)
      case "/abs": return Array("absolute".utf8)
      case "/conf/empty": return Array("\n".utf8)
      case "/conf/binary": return [0xFF, 0xFE]
      case "/conf/large": throw .tooLarge(limit: limit)
      default: throw .missing
      }
    },
    readStored: { key throws(Diagnostic) in
      guard key == "there" else { throw .storedMissing(key, store: "age") }
      return Secret("kept")
    })

  @Test(
    "InventoryReference#Values: a reference is read without one trailing line end; a file is relative to the inventory's folder",
    arguments: [
      (SecretReference.env("SET"), "value"), (.file("plain"), "se cret"), (.file("crlf"), "secret"),
      (.file("two"), "a\n"),
      (.file("/abs"), "absolute"), (.stored("there"), "kept"),
    ])
  func values(_ reference: SecretReference, _ expected: String) async throws {
    #expect(try await resolver.resolve(reference).open() == expected)
  }

  @Test(
    "InventoryReference#Values: the message names what cannot be read, never its value",
    arguments: [
      (SecretReference.env("EMPTY"), DiagnosticCode.secretMissing, "'EMPTY' is empty"),
      (.env("UNSET"), .secretMissing, "'UNSET' is not set"), (.file("none"), .secretMissing, "there is no such file"),
      (.file("empty"), .secretMissing, "is empty"), (.file("binary"), .secretUnreadable, "is not UTF-8"),
      (.file("large"), .secretUnreadable, "over 65536 bytes"),
      (.stored("key"), .secretMissing, "no stored secret 'key'"),
      (.file("link"), .referenceRefused, "/proc holds"), (.file("../.git/config"), .referenceRefused, ".git holds"),
      (.file("/var/lib/mcpauth/a.b.json"), .referenceRefused, "mcpauth itself keeps secrets there"),
      (.file("/var/lib/mcpauth"), .referenceRefused, "mcpauth itself keeps secrets there"),
    ])
  func problems(_ reference: SecretReference, _ code: DiagnosticCode, _ words: String) async throws {
    let error = try await #require(throws: Diagnostic.self) { try await resolver.resolve(reference) }
    #expect(error.code == code)
    #expect(error.message.contains(words))
  }
}
