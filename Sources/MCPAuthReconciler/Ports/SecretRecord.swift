package import MCPAuthCore
package import MCPAuthPlan

/// The stored secrets of one registration (SecretStores#Records). A record is never overwritten, and belongs to one server.
package struct SecretRecord: Sendable, Equatable {
  /// The intent's id.
  package var version: String
  package var server: String
  package var lineage: String
  package var issuer: String
  package var clientID: String
  /// The whole lock entry, so that a lock which was lost after the registration can be restored.
  package var entry: LockEntry
  package var clientSecret: Secret?
  package var registrationAccessToken: Secret?
  package var registrationClientURI: String?
  /// When the credentials came from the server: of several records of a client, the latest has the valid ones.
  package var storedAt: Timestamp?

  package init(
    version: String, server: String, lineage: String, issuer: String, clientID: String, entry: LockEntry,
    clientSecret: Secret?, registrationAccessToken: Secret?, registrationClientURI: String?,
    storedAt: Timestamp? = nil
  ) {
    self.version = version
    self.server = server
    self.lineage = lineage
    self.issuer = issuer
    self.clientID = clientID
    self.entry = entry
    self.clientSecret = clientSecret
    self.registrationAccessToken = registrationAccessToken
    self.registrationClientURI = registrationClientURI
    self.storedAt = storedAt
  }
}

extension SecretRecord {
  package static let format = 1

  /// The record's text, including its secrets. Only for secret stores.
  package func encoded() -> [UInt8] {
    var object: JSONObject = [
      "format": .number(String(Self.format)), "version": .string(version), "server": .string(server),
      "lineage": .string(lineage), "issuer": .string(issuer), "client_id": .string(clientID), "entry": entry.json,
    ]
    if let clientSecret { object["client_secret"] = .string(clientSecret.open()) }
    if let registrationAccessToken { object["registration_access_token"] = .string(registrationAccessToken.open()) }
    if let registrationClientURI { object["registration_client_uri"] = .string(registrationClientURI) }
    if let storedAt { object["stored_at"] = .string(storedAt.rfc3339) }
    return JSONWriter.canonical(.object(object))
  }

  /// - Throws: what is wrong with the text. The error never contains a value from it.
  package init(decoding bytes: [UInt8]) throws(LockShapeError) {
    let json: JSON
    do throws(JSONParser.Problem) {
      json = try JSONParser.parse(bytes, refusingDuplicates: true)
    } catch {
      throw LockShapeError(message: "not JSON")
    }
    var members = try LockMembers(json)
    guard try members.integer("format") == Self.format else { throw members.wrong("format", "not \(Self.format)") }
    guard let entry = members.take("entry") else { throw members.wrong("entry", "missing") }
    self.init(
      version: try members.requiredString("version"), server: try members.requiredString("server"),
      lineage: try members.requiredString("lineage"), issuer: try members.requiredString("issuer"),
      clientID: try members.requiredString("client_id"), entry: try LockEntry(json: entry),
      clientSecret: try members.string("client_secret").map(Secret.init),
      registrationAccessToken: try members.string("registration_access_token").map(Secret.init),
      registrationClientURI: try members.string("registration_client_uri"),
      storedAt: try members.time("stored_at"))
    try members.refuseRest()
  }
}
