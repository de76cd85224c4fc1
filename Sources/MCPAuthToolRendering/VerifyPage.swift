package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth verify`: a line for each server, and the errors.
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

  package func text(_ settings: ReportSettings) -> String {
    let style = settings.style
    let shown = report.servers.filter { !settings.isQuiet || isWrong($0) }
    var text = ""
    if !shown.isEmpty {
      let lines = Columns.align([["SERVER", "ISSUER", "CLIENT", "CREDENTIALS"]] + shown.map(row))
      text += style(lines[0], .dim) + "\n"
      for (server, line) in zip(shown, lines.dropFirst()) {
        text += (look(server).map { style(line, $0) } ?? line) + "\n"
        for redirect in server.redirects where !settings.isQuiet || redirect.outcome != .accepted {
          text += "  redirect URI \(Printable.line(redirect.uri)): \(Self.words(redirect.outcome))\n"
        }
      }
    }
    return text + summary(style) + "\n"
  }

  private func isWrong(_ server: VerifiedServer) -> Bool {
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
      Printable.line(server.server), server.entry?.issuer.map { ForeignText.printable($0, limit: 256) } ?? "-",
      server.entry?.clientID.map { ForeignText.printable($0, limit: 128) } ?? "-", Self.words(server),
    ]
  }

  /// `dead (registration-lost)`, `skipped: not applied`.
  private static func words(_ server: VerifiedServer) -> String {
    let code = (server.error ?? (server.outcome == .cannotTell ? server.warnings.last : nil)).map {
      " (\($0.code.rawValue))"
    }
    let skip = server.skip.map { ": " + $0.rawValue.replacing("-", with: " ") }
    return server.outcome.rawValue.replacing("-", with: " ") + (code ?? "") + (skip ?? "")
  }

  private static func words(_ outcome: VerifiedRedirect.Outcome) -> String {
    outcome.rawValue.replacing("-", with: " ")
  }

  /// `verify: 3 known, 1 dead, 0 blocked, 0 cannot tell, 1 skipped`
  private func summary(_ style: Style) -> String {
    let counts = VerifiedServer.Outcome.allCases.compactMap { outcome -> String? in
      let count = report.count(outcome)
      if outcome == .expired, count == 0 { return nil }
      let words = "\(count) \(outcome.rawValue.replacing("-", with: " "))"
      let isWrong = [.dead, .expired, .blocked].contains(outcome)
      return count > 0 && isWrong ? style(words, .boldRed) : words
    }
    let refused = report.servers.flatMap(\.redirects).count { $0.outcome == .refused }
    let redirects =
      refused == 0 ? "" : "; " + style("\(refused) redirect URI\(refused == 1 ? "" : "s") refused", .boldRed)
    let interrupted = report.wasInterrupted ? "; a signal ended the run" : ""
    return "verify: " + counts.joined(separator: ", ") + redirects + interrupted
  }

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
