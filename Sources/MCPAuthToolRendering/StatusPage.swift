package import MCPAuthCore
package import MCPAuthPlan
import MCPAuthToolOutput

/// `mcpauth status`: a row for each server.
package struct StatusPage: Presentable {
  let report: StatusReport

  package init(report: StatusReport) {
    self.report = report
  }

  package var notes: [Diagnostic] { report.servers.flatMap(\.warnings) }

  // MARK: Text

  private static let columns = [
    Table.Column("STATE", .words), Table.Column("SERVER"), Table.Column("SECRET"), Table.Column("ISSUER", .middle),
    Table.Column("CLIENT", .middle), Table.Column("MODE"), Table.Column("CHANGED"),
  ]

  package func text(_ settings: ReportSettings) -> String {
    let shown = report.servers.filter { !settings.isQuiet || $0.needsAttention }
    let table = Table(Self.columns, shown.map(row)).text(
      settings, look: { shown[$0].needsAttention ? .boldRed : nil },
      details: { shown[$0].withoutValue.flatMap { Self.missing($0, wrap: settings.wrap) } })
    return table + settings.style.flow(counts, wrap: settings.wrap) + "\n"
  }

  /// `  no value here: oauth2.client_secret from {env: NAME}`, on as many lines as needed: a person has to type the name.
  private static func missing(_ use: SecretUse, wrap: Int?) -> [String] {
    let text = "no value here: " + Printable.line(words(use))
    guard let wrap else { return ["  " + text] }
    let lines = Wrap.lines(text, first: wrap - 2, rest: wrap - 4)
    return lines.enumerated().map { ($0.offset == 0 ? "  " : "    ") + $0.element }
  }

  /// `oauth2.client_secret from {env: NAME}`
  static func words(_ use: SecretUse) -> String {
    "\(use.field) from \(SecretSendText.reference(use.reference))"
  }

  /// `status: 41 servers, 2 need attention, 1 without a value here, 1 orphan`
  private var counts: [Style.Part] {
    var parts: [Style.Part] = [
      ("status: " + counted(report.servers.count, "server"), nil, ","),
      (attentionWords, attention > 0 ? .boldRed : nil, ","),
    ]
    if let words = withoutValueWords { parts.append((words, nil, ",")) }
    parts.append((counted(report.orphans.count, "orphan"), nil, ""))
    return parts
  }

  var attention: Int { report.servers.count(where: \.needsAttention) }
  var attentionWords: String { "\(attention) need\(attention == 1 ? "s" : "") attention" }

  /// `1 without a value here`; nil where every reference has a value.
  private var withoutValueWords: String? {
    let count = report.servers.count { !$0.withoutValue.isEmpty }
    return count > 0 ? "\(count) without a value here" : nil
  }

  /// `41 servers, 2 need attention, 1 without a value here, 1 orphan`
  var summary: String {
    let words: [String?] = [
      counted(report.servers.count, "server"), attentionWords, withoutValueWords,
      counted(report.orphans.count, "orphan"),
    ]
    return words.compactMap(\.self).joined(separator: ", ")
  }

  private func row(_ status: ServerStatus) -> [String] {
    let entry = status.entry
    return [
      Self.state(status), Printable.line(status.server), secret(status) ?? "-",
      entry?.issuer.map { ForeignText.printable($0, limit: 256) } ?? "-",
      entry?.clientID.map { ForeignText.printable($0, limit: 128) } ?? "-", Self.mode(status),
      Self.changed(status) ?? "-",
    ]
  }

  /// `ok`, or the conditions.
  static func state(_ status: ServerStatus) -> String {
    status.conditions.isEmpty ? "ok" : status.conditions.map(\.name).joined(separator: ", ")
  }

  /// `discovered, dcr`. Without the registration if it adds nothing to the mode.
  static func mode(_ status: ServerStatus) -> String {
    let registration = status.entry?.registration?.rawValue
    return status.mode.rawValue + (registration.map { $0 == status.mode.rawValue ? "" : ", " + $0 } ?? "")
  }

  /// The day of the last change.
  static func changed(_ status: ServerStatus) -> String? {
    status.entry?.registeredAt.map { String($0.rfc3339.prefix(10)) }
  }

  /// `expires 2026-11-27, in 3 d`; nil without a secret.
  func secret(_ status: ServerStatus) -> String? {
    guard let expiry = status.secretExpiresAt else { return Self.withoutExpiry(status) }
    let date = expiry.rfc3339.prefix(10)
    if expiry <= report.now { return "expired \(date)" }
    return "expires \(date), in " + Self.time(expiry.seconds - report.now.seconds)
  }

  /// A secret without a time in the lock file; nil without a secret. Only the server that registered a client says that its secret never expires.
  static func withoutExpiry(_ status: ServerStatus) -> String? {
    guard let entry = status.entry, entry.needsSecret else { return nil }
    let isOwn = entry.registration == .manual || entry.registration == .preregistered
    return isOwn ? "expiry not known" : "never expires"
  }

  /// `3 d`, `5 h`, `20 s`
  private static func time(_ seconds: Int64) -> String {
    let units: [(seconds: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min")]
    guard let unit = units.first(where: { seconds >= $0.seconds }) else { return "\(seconds) s" }
    return "\(seconds / unit.seconds) \(unit.name)"
  }

  // MARK: JSON

  package var document: JSONObject {
    [
      "inventory": .string(report.inventory), "servers": .array(report.servers.map(server)),
      "orphans": .array(report.orphans.map { .object(Documents.orphan($0)) }),
      "summary": [
        "servers": Documents.number(report.servers.count),
        "needs_attention": Documents.number(attention),
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
      "without_value": .array(status.withoutValue.map(Self.use)), "warnings": Documents.diagnostics(status.warnings),
    ]
  }

  private static func use(_ use: SecretUse) -> JSON {
    ["field": .string(use.field), "reference": .string(SecretSendText.reference(use.reference))]
  }
}
