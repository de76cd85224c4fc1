import Foundation

/// The page with the received requests. All text from requests is escaped, because the sandbox is also used to try hostile input.
struct AdministrationPage {
  let world: World

  /// The most requests on the page, the newest first.
  static let shown = 500

  func answer(kind: String?) -> SandboxAnswer {
    let (requests, count, registrations, most) = world.with { state in
      (
        state.requests.filter { kind == nil || $0.kind == kind }.suffix(Self.shown), state.requestCount,
        state.registrations,
        state.mostAtOnce
      )
    }
    let clients = world.clients.filter { kind == nil || $0.kind == kind }
    let page = """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><title>mcpauth sandbox</title>
      <style>
      body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }
      table { border-collapse: collapse; margin: 0 0 2em } td, th { border: 1px solid #ccc; padding: .2em .6em; text-align: left; vertical-align: top }
      pre { margin: 0; white-space: pre-wrap; word-break: break-all; max-width: 60em }
      </style>
      <h1>mcpauth sandbox</h1>
      <p>\(count) requests, \(clients.count) clients. As data: <a href="/admin/requests.json">requests</a>,
      <a href="/admin/clients.json">clients</a>, <a href="/admin/counts.json">counts</a>.</p>
      <form method="post" action="/admin/reset"><button>reset</button></form>
      <h2>Registrations</h2>
      <table><tr><th>issuer<th>registrations<th>most at once</tr>
      \(registrations.sorted { $0.key < $1.key }.map { row([$0.key, String($0.value), String(most[$0.key, default: 0])]) }.joined(separator: "\n"))
      </table>
      <h2>Clients</h2>
      <table><tr><th>kind<th>client<th>method<th>redirect URIs</tr>
      \(clients.suffix(Self.shown).map { row([$0.kind, $0.clientID, $0.method, $0.redirectURIs.joined(separator: " ")]) }.joined(separator: "\n"))
      </table>
      <h2>Requests</h2>
      <table><tr><th>#<th>time<th>kind<th>request<th>status<th>note<th>body</tr>
      \(requests.reversed().map(row).joined(separator: "\n"))
      </table>
      </html>

      """
    return .html(200, page)
  }

  private func row(_ request: SandboxRequest) -> String {
    let date = Date(timeIntervalSince1970: request.time)
    let target = request.method + " " + request.origin + request.path + (request.query.map { "?\($0)" } ?? "")
    return row([
      String(request.number), date.formatted(.iso8601), request.kind ?? "", target, String(request.status),
      request.note,
      request.body,
    ])
  }

  private func row(_ cells: [String]) -> String {
    "<tr>" + cells.map { "<td><pre>\(Self.escaped($0))</pre>" }.joined() + "</tr>"
  }

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Control and format characters are invisible and may reorder the visible text.
      case _ where scalar != "\n" && [.control, .format].contains(scalar.properties.generalCategory):
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
