import Foundation
import Testing

/// Secrets that are typed on a terminal (SecretStores#Commands).
@Suite struct SecretPromptTests {
  private static let first = "(not shown): "
  private static let second = "the same value again: "

  private func place() throws -> Workplace {
    try Workplace(servers: "a: {url: \"https://a.example/mcp\", auth: none}")
  }

  @Test("SecretStores#Commands: set asks twice without echo, stores the value, and restores the terminal")
  func typed() async throws {
    let place = try place()
    let session = try await Terminal.run(
      place, ["secrets", "set", "k"],
      [.init(wait: Self.first, send: "typed pässword\n"), .init(wait: Self.second, send: "typed pässword\n")])
    #expect(session.exit == 0 && session.unsent == 0, "\(session)")
    #expect(session.isRestored)
    #expect(!session.shown.contains("typed") && !session.shown.contains("ssword"), "\(session.shown)")
    #expect(try await place.run("secrets", "get", "--stored", "k").out == "typed pässword\n")
  }

  @Test("SecretStores#Commands: two different answers store nothing")
  func differing() async throws {
    let place = try place()
    let session = try await Terminal.run(
      place, ["secrets", "set", "k"],
      [.init(wait: Self.first, send: "typed one\n"), .init(wait: Self.second, send: "typed two\n")])
    #expect(session.exit == 1 && session.isRestored && session.unsent == 0, "\(session)")
    #expect(session.shown.contains("the two values differ") && !session.shown.contains("typed"))
    #expect(!place.exists(".mcpauth/servers/secrets/stored/k.json"))
  }

  @Test(
    "SecretStores#Commands: the end of input, Ctrl-C, and Ctrl-C twice end it, at each question; the terminal is restored",
    arguments: ["\u{4}", "\u{3}", "\u{3}\u{3}\u{3}", "abc\u{3}"], [true, false])
  func cancelled(keys: String, isFirst: Bool) async throws {
    let place = try place()
    var steps: [Terminal.Step] = [.init(wait: Self.first, send: isFirst ? keys : "typed\n")]
    if !isFirst { steps.append(.init(wait: Self.second, send: keys)) }
    let session = try await Terminal.run(place, ["secrets", "set", "k"], steps)
    #expect(session.exit == 1 && session.isRestored && session.unsent == 0, "\(session)")
    #expect(session.shown.contains("nothing was stored"))
    #expect(!place.exists(".mcpauth/servers/secrets/stored/k.json"))
  }

  @Test("SecretStores#Commands: keys that would stop the program do not leave the terminal without echo")
  func stopped() async throws {
    let place = try place()
    let session = try await Terminal.run(
      place, ["secrets", "set", "k"],
      [.init(wait: Self.first, send: "\u{1A}\u{1C}typed\n"), .init(wait: Self.second, send: "typed\n")])
    #expect(session.exit == 0 && session.isRestored && session.unsent == 0, "\(session)")
    #expect(try await place.run("secrets", "get", "--stored", "k").out == "typed\n")
  }

  @Test("SecretStores#Commands: a line that the terminal would cut is refused, not stored in part")
  func long() async throws {
    let place = try place()
    let session = try await Terminal.run(
      place, ["secrets", "set", "k"], [.init(wait: Self.first, send: String(repeating: "x", count: 5000) + "\n")])
    #expect(session.exit == 1 && session.isRestored, "\(session)")
    #expect(session.shown.contains("longer than a terminal can read"))
    #expect(!place.exists(".mcpauth/servers/secrets/stored/k.json"))
  }

  @Test("SecretStores#Commands: get without --show refuses to print to a terminal, but not to other outputs")
  func shown() async throws {
    let place = try place()
    try await place.set("k", "value-of-k")
    let arguments = ["secrets", "get", "--stored", "k"]
    for format in [[], ["--format", "json"]] {
      let refused = try await Terminal.run(place, arguments + format)
      #expect(refused.exit == 64, "\(refused)")
      #expect(refused.shown.contains("--show") && !refused.shown.contains("value-of-k"))
    }
    let shown = try await Terminal.run(place, arguments + ["--show"])
    #expect(shown.exit == 0 && shown.shown == "value-of-k\r\n", "\(shown)")
    let piped = try await Terminal.run(place, arguments, pipesOutput: true)
    #expect(piped.exit == 0 && piped.piped == "value-of-k\n" && piped.shown.isEmpty, "\(piped)")
  }
}
