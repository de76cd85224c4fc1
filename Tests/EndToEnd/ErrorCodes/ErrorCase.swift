import Foundation
import MCPAuthCore
import MCPAuthSandbox
import Testing

/// A row of the table of error codes: how to cause the error, and which command reports it.
struct ErrorCase: Sendable, CustomTestStringConvertible {
  typealias Preparation = @Sendable (Workplace, Sandbox) async throws -> (any Sendable)?

  var code: DiagnosticCode
  var isWarning = false
  var command: [String]
  var exit: Int32
  /// The kinds of servers in the sandbox. Empty if the command sends no request.
  var kinds: [String] = []
  var environment: [String: String] = [:]
  /// Whether registrations are answered only after `meanwhile` has returned.
  var holdsRegistrations = false
  /// Creates the situation. The returned value is kept until the run has ended.
  var prepare: Preparation
  /// Called while the run is in progress.
  var meanwhile: (@Sendable (RunningBinary, Sandbox) async throws -> Void)?

  var testDescription: String { "\(code.rawValue): \(command.joined(separator: " "))" }

  // MARK: Rows

  /// An error in the inventory.
  static func inventory(_ code: DiagnosticCode, _ text: String) -> ErrorCase {
    ErrorCase(code: code, command: ["validate"], exit: 3) { place, _ in
      try place.write(text)
      return nil
    }
  }

  /// An error in the blocks of the servers.
  static func servers(_ code: DiagnosticCode, _ servers: String, client: String? = nil) -> ErrorCase {
    ErrorCase(code: code, command: ["validate"], exit: 3) { place, _ in
      try place.write(servers: servers, client: client)
      return nil
    }
  }

  /// A server `s` of this kind.
  /// - Parameters:
  ///   - oauth2: its block, as a flow mapping. `{origin}` and `{issuer}` are replaced by their values.
  ///   - client: lines of the client block.
  static func kind(
    _ code: DiagnosticCode, _ kind: String, _ command: String..., oauth2: String? = nil, client: String? = nil,
    environment: [String: String] = [:], change: (@Sendable (inout SandboxKind) -> Void)? = nil
  ) -> ErrorCase {
    ErrorCase(code: code, command: command, exit: 1, kinds: [kind], environment: environment) { place, sandbox in
      if let change { sandbox.change(kind, change) }
      try place.write(server: kind, sandbox, oauth2: oauth2, client: client)
      return nil
    }
  }

  /// A server `s` of this kind. It is applied, then `then` is called.
  static func afterApply(
    _ code: DiagnosticCode, _ kind: String, _ command: String..., oauth2: String? = nil, exit: Int32 = 1,
    then: @escaping @Sendable (Workplace, Sandbox) async throws -> Void
  ) -> ErrorCase {
    ErrorCase(code: code, command: command, exit: exit, kinds: [kind]) { place, sandbox in
      try place.write(server: kind, sandbox, oauth2: oauth2)
      let first = try await place.run("apply")
      #expect(first.exit == 0, "\(first.all)")
      try await then(place, sandbox)
      return nil
    }
  }

  /// The same row for a warning: the run succeeds.
  var asWarning: ErrorCase {
    var row = self
    row.isWarning = true
    row.exit = 0
    return row
  }

  // MARK: Searching

  /// Whether the document contains the code as an error or, for a warning, as a warning.
  func stands(in document: Document) -> Bool {
    if let object = document.object {
      if let error = object["error"], !isWarning, error["code"].string == code.rawValue { return true }
      for warning in object["warnings"]?.array ?? [] where isWarning && warning["code"].string == code.rawValue {
        return true
      }
      for diagnostic in object["diagnostics"]?.array ?? [] {
        let severity = isWarning ? "warning" : "error"
        if diagnostic["code"].string == code.rawValue, diagnostic["severity"].string == severity { return true }
      }
      return object["servers"]?.array.contains { stands(in: $0) } ?? false
    }
    return false
  }

  /// Whether the text contains the code as an error, as a warning, or as the reason why a server was skipped.
  func isNamed(in text: String) -> Bool {
    text.contains("\(isWarning ? "warning" : "error")[\(code.rawValue)]")
      || (!isWarning && text.contains("(\(code.rawValue))"))
  }
}

extension Workplace {
  /// Writes an inventory with the server `s` of this kind.
  func write(server kind: String, _ sandbox: Sandbox, oauth2: String? = nil, client: String? = nil, more: String = "")
    throws
  {
    func filled(_ text: String) -> String {
      text.replacingOccurrences(of: "{origin}", with: sandbox.origin)
        .replacingOccurrences(of: "{issuer}", with: sandbox.issuer(kind))
    }
    var block = "s:\n  url: \"\(sandbox.url(kind))\"\n"
    if let oauth2 { block += "  oauth2: \(filled(oauth2))\n" }
    try write(servers: block + more, client: client.map(filled))
  }
}
