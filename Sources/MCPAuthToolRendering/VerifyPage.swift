package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth verify`: a row for each server, and the errors.
package struct VerifyPage: Presentable {
  let report: VerifyReport
  /// Whether `cannot-tell` counts as a failure.
  let isStrict: Bool

  package init(report: VerifyReport, isStrict: Bool) {
    self.report = report
    self.isStrict = isStrict
  }

  package var notes: [Diagnostic] {
    report.servers.flatMap { server in
      server.warnings + [server.error].compactMap(\.self) + server.redirects.compactMap(\.problem)
    }
  }

  // MARK: Text

  private static let columns = [
    Table.Column("STATE", .words), Table.Column("SERVER"), Table.Column("ISSUER", .middle),
    Table.Column("CLIENT", .middle),
  ]

  package func text(_ settings: ReportSettings) -> String {
    let shown = report.servers.filter { !settings.isQuiet || isWrong($0) }
    let table = Table(Self.columns, shown.map(row)).text(
      settings, look: { look(shown[$0]) },
      details: { index in
        shown[index].redirects.filter { !settings.isQuiet || $0.outcome != .accepted }.map {
          Table.detail(
            "redirect URI ", Printable.line($0.uri), ": " + Self.words($0.outcome), wrap: settings.wrap)
        }
      })
    let label: Style.Part = ("verify:", nil, "")
    return table + settings.style.flow([label] + counts, wrap: settings.wrap) + "\n"
  }

  func isWrong(_ server: VerifiedServer) -> Bool {
    switch server.outcome {
    case .dead, .expired, .blocked: true
    case .cannotTell: isStrict
    case .known, .skipped: server.redirects.contains { $0.outcome == .refused }
    }
  }

  private func look(_ server: VerifiedServer) -> Style.Look? {
    if isWrong(server) { return .boldRed }
    return switch server.outcome {
    case .cannotTell: .yellow
    case .skipped: .dim
    case .known, .dead, .expired, .blocked: nil
    }
  }

  private func row(_ server: VerifiedServer) -> [String] {
    [
      Self.words(server), Printable.line(server.server),
      server.entry?.issuer.map { ForeignText.printable($0, limit: 256) } ?? "-",
      server.entry?.clientID.map { ForeignText.printable($0, limit: 128) } ?? "-",
    ]
  }

  /// `dead (registration-lost)`, `skipped: not applied`.
  static func words(_ server: VerifiedServer) -> String {
    let code = (server.error ?? (server.outcome == .cannotTell ? server.warnings.last : nil)).map {
      " (\($0.code.rawValue))"
    }
    let skip = server.skip.map { ": " + $0.rawValue.replacing("-", with: " ") }
    return server.outcome.rawValue.replacing("-", with: " ") + (code ?? "") + (skip ?? "")
  }

  static func words(_ outcome: VerifiedRedirect.Outcome) -> String {
    outcome.rawValue.replacing("-", with: " ")
  }

  /// `3 known, 1 dead, 0 blocked, 0 cannot tell, 1 skipped`
  private var counts: [Style.Part] {
    let outcomes = VerifiedServer.Outcome.allCases.filter { $0 != .expired || report.count($0) > 0 }
    var parts = outcomes.map { outcome -> Style.Part in
      let count = report.count(outcome)
      let isWrong = count > 0 && [VerifiedServer.Outcome.dead, .expired, .blocked].contains(outcome)
      return ("\(count) \(outcome.rawValue.replacing("-", with: " "))", isWrong ? .boldRed : nil, ",")
    }
    parts[parts.count - 1].end = ""
    func add(_ text: String, _ look: Style.Look?) {
      parts[parts.count - 1].end = ";"
      parts.append((text, look, ""))
    }
    let refused = report.servers.flatMap(\.redirects).count { $0.outcome == .refused }
    if refused > 0 { add("\(refused) redirect URI\(refused == 1 ? "" : "s") refused", .boldRed) }
    if report.wasInterrupted { add("a signal ended the run", nil) }
    return parts
  }

  var summary: String { Style.plain.flow(counts, wrap: nil) }

  // MARK: JSON

  package var document: JSONObject {
    var object: JSONObject = [
      "inventory": .string(report.inventory), "servers": .array(report.servers.map(server)),
      "summary": .object(
        JSONObject(
          VerifiedServer.Outcome.allCases.map { outcome in
            .init(outcome.rawValue.replacing("-", with: "_"), Documents.number(report.count(outcome)))
          })),
    ]
    if report.wasInterrupted { object["interrupted"] = true }
    return object
  }

  private func server(_ server: VerifiedServer) -> JSON {
    let entry = server.entry
    var object: JSONObject = [
      "name": .string(server.server), "outcome": .string(server.outcome.rawValue),
      "registration": .string(or: entry?.registration?.rawValue), "issuer": .string(or: entry?.issuer),
      "client_id": .string(or: entry?.clientID), "token_endpoint": .string(or: entry?.tokenEndpoint),
    ]
    if let skip = server.skip { object["reason"] = .string(skip.rawValue) }
    if let error = server.error { object["error"] = .object(DiagnosticDocument.error(error)) }
    if !server.warnings.isEmpty {
      object["warnings"] = .array(server.warnings.map { .object(DiagnosticDocument.error($0)) })
    }
    if !server.redirects.isEmpty { object["redirect_uris"] = .array(server.redirects.map(redirect)) }
    return .object(object)
  }

  private func redirect(_ redirect: VerifiedRedirect) -> JSON {
    var object: JSONObject = ["redirect_uri": .string(redirect.uri), "outcome": .string(redirect.outcome.rawValue)]
    if let problem = redirect.problem {
      object[problem.severity == .error ? "error" : "warning"] = .object(DiagnosticDocument.error(problem))
    }
    return .object(object)
  }
}
