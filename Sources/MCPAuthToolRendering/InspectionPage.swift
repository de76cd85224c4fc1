package import MCPAuthCore
import MCPAuthPlan
package import MCPAuthReconciler
import MCPAuthToolOutput

/// `mcpauth inspect`: the requests section by section, then the client.
package struct InspectionPage: Presentable {
  let result: InspectionResult
  /// The values that were assumed about the client.
  let assumptions: [String]

  private var inspection: Inspection { result.inspection }

  package init(result: InspectionResult, assumptions: [String]) {
    self.result = result
    self.assumptions = assumptions
  }

  /// All diagnostics are in the sections.
  // MARK: Text

  package func text(_ settings: ReportSettings) -> String {
    let style = settings.style
    var blocks: [String] = []
    for (index, section) in InspectionSection.allCases.enumerated() {
      let requests = inspection.requests.filter { $0.section == section }
      let findings = inspection.findings.filter { $0.section == section && (!settings.isQuiet || $0.grade == .error) }
      let client = section == .client ? result.outlook : nil
      guard !requests.isEmpty || !findings.isEmpty || client != nil else { continue }
      if settings.isQuiet, findings.isEmpty { continue }
      var lines = [style("\(index + 1) \(Self.title(section))", .bold)]
      if !settings.isQuiet { lines += InspectionLines.requests(requests, settings) }
      if let client, !settings.isQuiet { lines += clientLines(client, style) }
      if !findings.isEmpty, lines.count > 1 { lines.append("") }
      for finding in findings { lines += InspectionLines.finding(finding, settings) }
      blocks.append(lines.map { $0 + "\n" }.joined())
    }
    if !settings.isQuiet, inspection.requests.contains(where: \.isFurther) {
      blocks.append(
        style("+ an additional request of inspect: no client sends it, and it did not change the result", .dim) + "\n")
    }
    return (blocks + [summary(style) + "\n"]).joined(separator: "\n")
  }

  private static func title(_ section: InspectionSection) -> String {
    switch section {
    case .probe: "Probe"
    case .resource: "Protected resource metadata"
    case .server: "Authorization server metadata"
    case .client: "Client"
    }
  }

  private func clientLines(_ client: ClientForecast, _ style: Style) -> [String] {
    let entry = client.entry
    var rows: [[String]] = []
    if result.isHypothetical { rows.append(["hypothetical", "as if the errors above were corrected"]) }
    if let endpoint = client.endpoint {
      rows.append(["registration", "POST \(Self.shown(endpoint)), which inspect never sends"])
    } else {
      rows.append(["client id", Self.shown(entry.clientID ?? "") + ", its metadata document: nothing is registered"])
    }
    rows.append(["auth method", "\(entry.client?.authMethod.text ?? ""): \(client.methodReason)"])
    let scopes = (entry.client?.scopes ?? []).joined(separator: " ")
    rows.append(["scopes", (scopes.isEmpty ? "" : Self.shown(scopes) + ", ") + Self.source(entry.client?.scopesFrom)])
    rows += assumptions.map { ["assumed", $0] }
    var lines = Columns.align(rows).map { "  " + $0 }
    if let request = client.request { lines += block("request body", request, style) }
    var locked = client.lockMembers
    // The inputs repeat the request.
    locked["inputs"] = nil
    return lines + block("entry in the lock file", locked, style)
  }

  private func block(_ title: String, _ object: JSONObject, _ style: Style) -> [String] {
    let text = String(decoding: JSONWriter.canonical(.object(object)), as: UTF8.self)
    return ["  " + style(title, .bold)]
      + Printable.lines(text).filter { !$0.isEmpty }.map { line in
        // A value from a server may be as long as its document.
        "    " + (line.utf8.count > 600 ? String(line.prefix(512)) + "…" : line)
      }
  }

  private static func source(_ source: ScopeSelection.Source?) -> String {
    switch source ?? ScopeSelection.Source.none {
    case .inventory: "as the inventory says"
    case .challenge: "from the challenge"
    case .resourceMetadata: "from scopes_supported of the protected resource metadata"
    case .none: "none: the challenge and the protected resource metadata name none"
    }
  }

  private static func shown(_ text: String) -> String { Printable.line(ForeignText.printable(text, limit: 512)) }

  /// `inspect: a client can be registered; 0 errors, 2 warnings, 3 notes; 9 requests`
  private func summary(_ style: Style) -> String {
    let verdict =
      result.error.map { style("no client can be registered (\($0.code.rawValue))", .boldRed) }
      ?? style("a client can be registered", .green)
    let counts = InspectionFinding.Grade.allCases.map { counted(count($0), $0.rawValue) }.joined(separator: ", ")
    return "inspect: \(verdict); \(counts); " + counted(inspection.requests.count, "request")
  }

  private func count(_ grade: InspectionFinding.Grade) -> Int { inspection.findings.count { $0.grade == grade } }

  // MARK: JSON

  package var document: JSONObject {
    [
      "url": .string(Printable.line(CheckedURL.shown(result.url))), "registrable": .bool(result.error == nil),
      "error": .string(or: result.error?.code.rawValue),
      "requests": .array(inspection.requests.map(InspectionLines.json)),
      "findings": .array(inspection.findings.map(InspectionLines.json)), "client": result.outlook.map(json) ?? .null,
      "lock_entry": result.outlook.map { .object($0.lockMembers) } ?? .null,
      "summary": [
        "errors": Documents.number(count(.error)), "warnings": Documents.number(count(.warning)),
        "notes": Documents.number(count(.note)), "requests": Documents.number(inspection.requests.count),
      ],
    ]
  }

  private func json(_ client: ClientForecast) -> JSON {
    let entry = client.entry
    return [
      "hypothetical": .bool(result.isHypothetical), "registration": .string(client.way.rawValue),
      "registration_endpoint": .string(or: client.endpoint), "client_id": .string(or: entry.clientID),
      "request": client.request.map(JSON.object) ?? .null,
      "token_endpoint_auth_method": .string(or: entry.client?.authMethod.text),
      "token_endpoint_auth_method_reason": .string(client.methodReason), "scopes": .strings(entry.client?.scopes ?? []),
      "scopes_from": .string(or: entry.client?.scopesFrom.rawValue), "assumed": .strings(assumptions),
    ]
  }
}
