package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth add`: what was found at the URL, and the lines of the inventory that are new.
package struct AddPage: Presentable {
  /// What an inspection found.
  package struct Found: Sendable {
    /// How the server gets its client.
    package enum Registration: String, Sendable {
      /// Dynamic client registration.
      case dcr
      /// A Client ID Metadata Document.
      case cimd
      /// A person makes the client, or has made it.
      case byHand = "by-hand"
      /// It has none: the server does not ask for authorization, or takes a key.
      case nothing = "none"
    }

    package var registration: Registration
    package var endpoint: String?
    package var issuer: String?
    package var scopes: [String]
    package var scopesFrom: ScopeSelection.Source?
    /// Why no client can be registered.
    package var error: Diagnostic?

    /// - Parameter registration: what the inspection means for the new server.
    package init(_ result: InspectionResult, _ registration: Registration) {
      self.registration = registration
      let supposed = result.inspection.supposed
      endpoint = result.outlook?.endpoint
      issuer = result.outlook?.entry.issuer ?? supposed?.metadata.issuer
      scopes = result.outlook?.entry.client?.scopes ?? supposed?.challengeScopes ?? supposed?.resourceScopes ?? []
      scopesFrom = result.outlook?.entry.client?.scopesFrom
      error = result.error
    }
  }

  let inventory: String
  let name: String
  let url: String
  /// nil: nothing was requested.
  package var found: Found?
  package var isDryRun = false
  package var isWritten = false
  /// Whether the user has seen what was found, with a question.
  package var isShown = false
  package var difference: LineDifference?
  /// The keys that have a value to be replaced.
  package var toFillIn: [String] = []
  package var next: [InitPage.Step] = []
  package var warnings: [Diagnostic] = []
  package var problems: [Diagnostic] = []

  package init(inventory: String, name: String, url: String) {
    self.inventory = inventory
    self.name = name
    self.url = url
  }

  package var isDone: Bool { problems.isEmpty }

  package var notes: [Diagnostic] { problems + warnings }

  // MARK: Text

  package func text(_ settings: ReportSettings) -> String {
    var text = settings.isQuiet || isShown ? "" : overview(settings.style)
    guard isDone else {
      return text + settings.style("add: not done", .boldRed) + ": nothing was written\n"
    }
    let place = "'\(Printable.line(name))' \(isDryRun ? "would be added" : "added") to \(Printable.line(inventory))"
    let stub = toFillIn.isEmpty ? "" : "; \(toFillIn.joined(separator: " and ")) to be filled in"
    text += "add: \(place)\(stub)\n"
    return settings.isQuiet ? text : text + InitPage.steps(next, settings)
  }

  /// What was found, and the lines that are new.
  package func overview(_ style: Style) -> String {
    var blocks: [String] = []
    if let found {
      blocks.append(
        style(Printable.line(CheckedURL.shown(url)), .bold) + "\n"
          + Columns.align(rows(found)).map { "  \($0)\n" }.joined())
    }
    if let difference, !difference.lines.isEmpty { blocks.append(difference.text(style)) }
    return blocks.map { $0 + "\n" }.joined()
  }

  private func rows(_ found: Found) -> [[String]] {
    var rows = [["client", words(found)]]
    if let issuer = found.issuer { rows.append(["issuer", Self.printable(issuer)]) }
    guard found.registration != .nothing else { return rows }
    let scopes = found.scopes.isEmpty ? "none" : Self.printable(found.scopes.joined(separator: " "))
    let source: String =
      switch found.scopesFrom {
      case .inventory: ", as given"
      case .challenge: ", from the challenge"
      case .resourceMetadata: ", from the protected resource metadata"
      case nil, .some(.none): ""
      }
    rows.append(["scopes", scopes + source])
    return rows
  }

  private func words(_ found: Found) -> String {
    switch found.registration {
    case .dcr: "will be registered at \(Self.printable(found.endpoint ?? "")) (RFC 7591)"
    case .cimd: "your Client ID Metadata Document; nothing is registered"
    case .byHand: "made by hand" + (found.error.map { ": \(Printable.line($0.message))" } ?? "")
    case .nothing: "none" + (found.error.map { Self.words(withoutClient: $0) } ?? "")
    }
  }

  /// The error of the inspection, for a server that gets no client. A server that takes a key may have no authorization server.
  private static func words(withoutClient error: Diagnostic) -> String {
    error.code == .noAuthRequired
      ? ": the server does not ask for authorization" : "; the inspection found: \(Printable.line(error.message))"
  }

  private static func printable(_ text: String) -> String { Printable.line(ForeignText.printable(text, limit: 512)) }

  // MARK: JSON

  package var document: JSONObject {
    [
      "inventory": .string(inventory), "name": .string(name), "url": .string(Printable.line(CheckedURL.shown(url))),
      "done": .bool(isDone), "written": .bool(isWritten), "found": found.map { .object(json($0)) } ?? .null,
      "difference": difference?.json ?? .null, "fill_in": .strings(toFillIn), "next": InitPage.document(of: next),
      "diagnostics": Documents.diagnostics(notes),
    ]
  }

  private func json(_ found: Found) -> JSONObject {
    [
      "registration": .string(found.registration.rawValue), "registration_endpoint": .string(or: found.endpoint),
      "issuer": .string(or: found.issuer), "scopes": .strings(found.scopes),
      "scopes_from": .string(or: found.scopesFrom?.rawValue), "error": .string(or: found.error?.code.rawValue),
    ]
  }
}
