/// A change of a kind at run time, in the format of `POST /admin/config`.
///
/// ```json
/// {"kind": "challenge",
///  "issuer_path": "/as/challenge/moved",
///  "secret_seconds": 60,
///  "scope_refused": true,
///  "redirects": "any | loopback-only | https-only",
///  "resource_metadata": {"resource": "…", "scopes_supported": null},
///  "issuer_metadata": {"token_endpoint": "…"},
///  "registration_answer": {"client_id": null},
///  "faults": {"register": {"status": 500, "headers": {"Retry-After": "1"}, "body": "…", "delay_milliseconds": 100,
///                          "manner": "answer | hang | drop | dropEarly | reset", "times": 2, "takes_effect": true},
///             "token": null}}
/// ```
/// A member that is left out changes nothing. A fault that is null is removed. An issuer's path must stay below the kind's own path.
enum AdministrationChange {
  struct Problem: Error {
    var words: String
  }

  static func apply(_ json: SandboxJSON, to kind: SandboxKind) -> Result<SandboxKind, Problem> {
    var kind = kind
    for (name, value) in json.object ?? [:] where name != "kind" {
      if let problem = set(name, value, in: &kind) { return .failure(problem) }
    }
    return .success(kind)
  }

  private static func set(_ name: String, _ value: SandboxJSON, in kind: inout SandboxKind) -> Problem? {
    let wrong = Problem(words: "'\(name)' has a value of the wrong type")
    switch name {
    case "issuer_path":
      let base = kind.home == .shared ? "/as/\(kind.name)" : ""
      guard let path = value.string, path == base || path.hasPrefix(base + "/"), !path.hasSuffix("/") else {
        return Problem(words: "'issuer_path' has to be '\(base)' or below")
      }
      kind.issuerPath = path
    case "secret_seconds":
      guard let seconds = value.integer else { return wrong }
      kind.registration.secretSeconds = seconds
    case "scope_refused":
      guard let isRefused = value.bool else { return wrong }
      kind.registration.refusesScope = isRefused
    case "redirects":
      let values: [String: RegistrationRules.Redirects] = [
        "any": .any, "loopback-only": .loopbackOnly, "https-only": .httpsOnly,
      ]
      guard let redirects = value.string.flatMap({ values[$0] }) else { return wrong }
      kind.registration.redirects = redirects
    case "resource_metadata":
      guard let changes = value.object else { return wrong }
      kind.metadataChanges.merge(changes) { $1 }
    case "issuer_metadata":
      guard let changes = value.object else { return wrong }
      kind.issuerMetadataChanges.merge(changes) { $1 }
    case "registration_answer":
      guard let changes = value.object else { return wrong }
      kind.registration.answerChanges.merge(changes) { $1 }
    case "faults":
      guard let faults = value.object else { return wrong }
      for (name, value) in faults {
        guard let endpoint = SandboxEndpoint(rawValue: name) else {
          return Problem(words: "there is no endpoint '\(name)'")
        }
        if value == .null {
          kind.faults[endpoint] = nil
        } else {
          guard let fault = fault(value) else { return wrong }
          kind.faults[endpoint] = fault
        }
      }
    default: return Problem(words: "there is no '\(name)' to change")
    }
    return nil
  }

  private static func fault(_ value: SandboxJSON) -> SandboxFault? {
    guard let members = value.object else { return nil }
    var fault = SandboxFault(
      delay: .milliseconds(members["delay_milliseconds"]?.integer ?? 0), times: members["times"]?.integer,
      takesEffect: members["takes_effect"]?.bool ?? false)
    if let manner = members["manner"] {
      guard let manner = manner.string.flatMap(SandboxAnswer.Manner.init) else { return nil }
      if manner != .answer { fault.answer = .none(manner) }
    }
    if let status = members["status"]?.integer, fault.answer == nil {
      guard (200...599).contains(status) else { return nil }
      let fields = (members["headers"]?.object ?? [:]).compactMap { name, value in
        value.string.map { SandboxAnswer.Field(name, $0) }
      }
      fault.answer = SandboxAnswer(
        status, fields: fields.sorted { $0.name < $1.name }, body: .text(members["body"]?.string ?? ""))
    }
    return fault
  }
}
