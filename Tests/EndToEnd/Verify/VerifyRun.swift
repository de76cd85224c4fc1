import Foundation
import MCPAuthSandbox
import Testing

/// A run of `verify` for an applied server `s`.
struct VerifyRun: Sendable {
  let place: Workplace
  let run: Run
  let document: Document
  /// The requests during the run, in the order of the answers.
  let requests: [SandboxRequest]

  var server: Document { document["servers"][0] }
  var outcome: String? { server["outcome"].string }
  var code: String? { server["error"]["code"].string }
  var warnings: [String] { server["warnings"].array.compactMap { $0["code"].string } }
  var questions: [SandboxRequest] { requests.filter { $0.endpoint == .token } }
}

extension Workplace {
  /// Runs `verify --format json`. Checks that it writes no file and that its output matches the schema.
  func verify(
    _ sandbox: Sandbox, _ arguments: String..., environment: [String: String] = [:],
    _ location: SourceLocation = #_sourceLocation
  ) async throws -> VerifyRun {
    sandbox.forgetRequests()
    let before = try snapshot()
    let result = try await run(["verify", "--format", "json"] + arguments, environment: environment)
    #expect(try snapshot() == before, "verify wrote something", sourceLocation: location)
    let problems = try SchemaCheck("verify").problems(result.out)
    #expect(problems == [], sourceLocation: location)
    return VerifyRun(
      place: self, run: result, document: try result.json(location), requests: sandbox.requests())
  }
}

extension Sandbox {
  /// A workplace with an applied server `s` of this kind.
  func applied(
    _ kind: String, oauth2: String? = nil, client: String? = nil, head: String = "",
    environment: [String: String] = [:], _ location: SourceLocation = #_sourceLocation
  ) async throws -> Workplace {
    let place = try Workplace()
    var block = "s:\n  url: \"\(url(kind))\"\n"
    if let oauth2 { block += "  oauth2: \(oauth2)\n" }
    try place.write(servers: block, client: client, head: head)
    let apply = try await place.run("apply", environment: environment)
    #expect(apply.exit == 0, "\(apply.all)", sourceLocation: location)
    return place
  }
}

extension SandboxRequest {
  /// The client id and secret of HTTP Basic, form-encoded as received.
  var basic: [String] {
    guard let value = value(of: "Authorization"), value.hasPrefix("Basic "),
      let data = Data(base64Encoded: String(value.dropFirst(6)))
    else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: ":").map(String.init)
  }
}
