package import MCPAuthCore

/// The text of a saved plan: canonical JSON with a digest over all of it, so that a plan that was edited by hand is never partly trusted.
package enum SavedPlanCodec {
  private static let digestName = "digest"

  package static func encode(_ plan: SavedPlan) -> [UInt8] {
    var object: JSONObject = [
      "kind": .string(SavedPlan.kind), "version": .number(String(SavedPlan.currentVersion)),
      "lineage": .string(or: plan.lineage), "inventory": .string(plan.inventory), "options": plan.options.json,
      "servers": .array(plan.servers.map(\.json)),
    ]
    object[digestName] = .string(Fingerprint.of(.object(object)))
    return JSONWriter.canonical(.object(object))
  }

  /// Whether the bytes are probably a saved plan, and not an inventory. This includes damaged plans.
  package static func isSavedPlan(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }), first == UInt8(ascii: "{") else {
      return false
    }
    if let json = try? JSONParser.parse(bytes) { return json["kind"] == .string(SavedPlan.kind) }
    return String(decoding: bytes, as: UTF8.self).contains("\"" + SavedPlan.kind + "\"")
  }

  /// - Throws: `plan-invalid`, `plan-too-new`.
  package static func decode(_ bytes: [UInt8], file: String) throws(Diagnostic) -> SavedPlan {
    let json: JSON
    do throws(JSONParser.Problem) {
      json = try JSONParser.parse(bytes, refusingDuplicates: true)
    } catch {
      throw invalid("it is damaged", file)
    }
    // The version is checked first: a newer format may differ in everything else.
    if let version = json["version"]?.integer, version > SavedPlan.currentVersion {
      throw Diagnostic(
        .error, .planTooNew,
        "the plan '\(file)' has version \(version); this mcpauth knows up to \(SavedPlan.currentVersion)",
        help: ["use the mcpauth that made it, or make a new plan"])
    }
    guard var object = json.object, let digest = object[digestName]?.string else {
      throw invalid("its digest is missing", file)
    }
    object[digestName] = nil
    guard Fingerprint.of(.object(object)) == digest else { throw invalid("it was changed after it was made", file) }
    do throws(LockShapeError) {
      return try plan(.object(object))
    } catch {
      throw invalid(error.message, file)
    }
  }

  private static func plan(_ json: JSON) throws(LockShapeError) -> SavedPlan {
    var members = try LockMembers(json)
    guard try members.requiredString("kind") == SavedPlan.kind else {
      throw members.wrong("kind", "not that of a plan")
    }
    guard try members.integer("version") == SavedPlan.currentVersion else {
      throw members.wrong("version", "not \(SavedPlan.currentVersion)")
    }
    guard let options = members.take("options") else { throw members.wrong("options", "missing") }
    guard let servers = members.take("servers")?.array else { throw members.wrong("servers", "not a list") }
    var plan = SavedPlan(
      lineage: try members.string("lineage"), inventory: try members.requiredString("inventory"),
      options: try PlanOptions(json: options), servers: [])
    for server in servers { plan.servers.append(try SavedChange(json: server)) }
    try members.refuseRest()
    return plan
  }

  private static func invalid(_ why: String, _ file: String) -> Diagnostic {
    Diagnostic(
      .error, .planInvalid, "'\(file)' cannot be applied as a plan: \(why)",
      help: ["make a new one with mcpauth plan --out; a plan must not be edited by hand"])
  }
}

extension PlanOptions {
  /// The options that influence the plan. A plan that was made offline cannot be saved.
  fileprivate var json: JSON {
    [
      "only": .strings(only.sorted()), "refresh": .bool(refresh), "retry_unknown": .bool(retryUnknown),
      "rotate": .strings(rotate.sorted()), "verify": .bool(verify),
    ]
  }

  fileprivate init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    self.init()
    only = Set(try members.strings("only") ?? [])
    refresh = try members.bool("refresh") ?? false
    retryUnknown = try members.bool("retry_unknown") ?? false
    rotate = Set(try members.strings("rotate") ?? [])
    verify = try members.bool("verify") ?? false
    try members.refuseRest()
  }
}

extension SavedChange {
  fileprivate var json: JSON {
    [
      "name": .string(name), "action": .string(action.rawValue), "reasons": .strings(reasons),
      "issuer": .string(or: issuer), "authorization_endpoint": .string(or: authorizationEndpoint),
      "token_endpoint": .string(or: tokenEndpoint), "registration_endpoint": .string(or: registrationEndpoint),
      "revocation_endpoint": .string(or: revocationEndpoint), "block_digest": .string(or: blockDigest),
      "entry_digest": .string(or: entryDigest), "result_digest": .string(or: resultDigest),
    ]
  }

  fileprivate init(json: JSON) throws(LockShapeError) {
    var members = try LockMembers(json)
    guard let action = try members.choice("action", of: Action.self) else { throw members.wrong("action", "missing") }
    self.init(
      name: try members.requiredString("name"), action: action, reasons: try members.strings("reasons") ?? [])
    issuer = try members.string("issuer")
    authorizationEndpoint = try members.string("authorization_endpoint")
    tokenEndpoint = try members.string("token_endpoint")
    registrationEndpoint = try members.string("registration_endpoint")
    revocationEndpoint = try members.string("revocation_endpoint")
    blockDigest = try members.string("block_digest")
    entryDigest = try members.string("entry_digest")
    resultDigest = try members.string("result_digest")
    try members.refuseRest()
  }
}
