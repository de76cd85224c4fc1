import Foundation
import MCPAuthSandbox
import Testing

/// One run of `inspect`, and the requests that the sandbox received from it.
struct InspectRun: Sendable {
  let run: Run
  let document: Document
  let requests: [SandboxRequest]

  var code: String? { document["error"].string }
  var codes: Set<String> { Set(document["findings"].array.compactMap { $0["code"].string }) }
  func codes(_ severity: String) -> [String] {
    document["findings"].array.filter { $0["severity"].string == severity }.compactMap { $0["code"].string }
  }
  func finding(_ code: String) -> Document {
    document["findings"].array.first { $0["code"].string == code } ?? Document(nil)
  }
  /// Requests that an inspection must never send.
  var trespasses: [String] {
    requests.filter { request in
      request.isToAnEndpoint || !["GET", "POST"].contains(request.method)
        || request.method == "POST" && request.endpoint != .mcp
        || !request.values(of: "Authorization").isEmpty || !request.values(of: "Cookie").isEmpty
    }.map(\.step)
  }
}

extension Sandbox {
  static let redirectURI = Workplace.redirectURI.replacingOccurrences(of: "{server}", with: "s")

  /// - Parameter place: the folder in which it runs. It needs no inventory.
  func inspect(_ kind: String, in place: Workplace, _ options: String...) async throws -> InspectRun {
    let before = requests().count
    let run = try await place.run(
      ["inspect", url(kind), "--format", "json", "--redirect-uri", Self.redirectURI, "--client-name", "End to end"]
        + options)
    return InspectRun(
      run: run, document: try run.json(), requests: requests().dropFirst(before).sorted { $0.number < $1.number })
  }
}
