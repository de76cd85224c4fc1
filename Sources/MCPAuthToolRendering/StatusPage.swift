package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthToolOutput

/// `mcpauth status`: a line for each server.
package struct StatusPage: Presentable {
  let report: StatusReport

  package init(report: StatusReport) {
    self.report = report
  }

  package var notes: [Diagnostic] { report.servers.flatMap(\.warnings) }

  // MARK: Text

  package func text(_ settings: ReportSettings) -> String {
    let style = settings.style
    let shown = report.servers.filter { !settings.isQuiet || $0.needsAttention }
    var text = ""
    if !shown.isEmpty {
      let head = ["SERVER", "MODE", "ISSUER", "CLIENT", "SECRET", "CHANGED", "STATE"]
      let lines = Columns.align([head] + shown.map(row))
      text += style(lines[0], .dim) + "\n"
      for (status, line) in zip(shown, lines.dropFirst()) {
        let look: Style.Look? = status.needsAttention ? .boldRed : nil
        text += (look.map { style(line, $0) } ?? line) + "\n"
      }
    }
    return text + summary(style) + "\n"
  }

  /// `status: 41 servers, 2 need attention, 1 orphan`
  private func summary(_ style: Style) -> String {
    let attention = report.servers.count(where: \.needsAttention)
    let words = "\(attention) need\(attention == 1 ? "s" : "") attention"
    return "status: \(counted(report.servers.count, "server")), "
      + (attention > 0 ? style(words, .boldRed) : words) + ", " + counted(report.orphans.count, "orphan")
  }

  private func row(_ status: ServerStatus) -> [String] {
    let entry = status.entry
    let mode = status.mode.rawValue + (Self.registration(status).map { ", " + $0 } ?? "")
    return [
      Printable.line(status.server), mode, entry?.issuer.map { ForeignText.printable($0, limit: 256) } ?? "-",
      entry?.clientID.map { ForeignText.printable($0, limit: 128) } ?? "-", secret(status),
      entry?.registeredAt.map { String($0.rfc3339.prefix(10)) } ?? "-",
      status.conditions.isEmpty ? "ok" : status.conditions.map(\.name).joined(separator: ", "),
    ]
  }

  /// The registration of the server; nil if it adds nothing to the mode.
  private static func registration(_ status: ServerStatus) -> String? {
    guard let registration = status.entry?.registration?.rawValue, registration != status.mode.rawValue else {
      return nil
    }
    return registration
  }

  private func secret(_ status: ServerStatus) -> String {
    guard let expiry = status.secretExpiresAt else {
      return status.entry?.needsSecret == true ? "never expires" : "-"
    }
    let days = (expiry.seconds - report.now.seconds) / 86_400
    let date = expiry.rfc3339.prefix(10)
    if expiry <= report.now { return "expired \(date)" }
    return "expires \(date), " + (days == 0 ? "today" : "in \(days) d")
  }

  // MARK: JSON

  package var document: JSONObject {
    [
      "inventory": .string(report.inventory), "servers": .array(report.servers.map(server)),
      "orphans": .array(report.orphans.map { .object(Documents.orphan($0)) }),
      "summary": [
        "servers": Documents.number(report.servers.count),
        "needs_attention": Documents.number(report.servers.count(where: \.needsAttention)),
        "orphans": Documents.number(report.orphans.count),
      ],
    ]
  }

  private func server(_ status: ServerStatus) -> JSON {
    let entry = status.entry
    return [
      "name": .string(status.server), "mode": .string(status.mode.rawValue),
      "registration": .string(or: entry?.registration?.rawValue), "issuer": .string(or: entry?.issuer),
      "client_id": .string(or: entry?.clientID), "managed": .bool(entry?.isManaged ?? false),
      "client_secret_expires_at": .string(or: status.secretExpiresAt?.rfc3339),
      "renews_at": .string(or: status.renewsAt?.rfc3339), "changed_at": .string(or: entry?.registeredAt?.rfc3339),
      "conditions": .strings(status.conditions.map(\.name)), "needs_attention": .bool(status.needsAttention),
      "warnings": Documents.diagnostics(status.warnings),
    ]
  }
}
