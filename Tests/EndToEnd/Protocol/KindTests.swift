import Foundation
import MCPAuthSandbox
import Testing

/// Checks for every kind of server in the sandbox.
@Suite struct KindTests {
  @Test(
    "ErrorCodes#What-a-failure-says: a run ends with a client, or with the error code of the kind",
    arguments: SandboxKind.names)
  func ending(name: String) async throws {
    let kind = try #require(SandboxKind.named(name))
    let it = try await KindRuns.run(kind.name)
    #expect(it.run.err.isEmpty, "\(it.run.err)")
    #expect(it.document["error"].isMissing)
    #expect(it.document["servers"].array.count == 1)
    if kind.endsWith == "client" {
      #expect(it.run.exit == 0, "\(it.run.all)")
      #expect(it.code == nil)
      #expect(it.server["outcome"].string == "done")
      let action = it.entry["registration"].string == "cimd" ? "add" : "register"
      #expect(it.server["action"].string == action)
      #expect(it.server["reasons"].strings == ["new"])
      #expect(it.document["summary"][action].integer == 1)
      #expect(it.document["summary"]["failed"].integer == 0)
      #expect(it.entry["url"].string == it.url)
      #expect(it.entry["client_id"].string == it.server["client_id"].string)
      #expect(it.entry["client_id"].string?.isEmpty == false)
      #expect(it.lock["orphans"].array.isEmpty)
    } else {
      #expect(it.run.exit == 1, "\(it.run.all)")
      #expect(it.code == kind.endsWith, "\(it.run.out)")
      #expect(it.server["outcome"].string == "failed")
      #expect(it.document["summary"]["failed"].integer == 1)
      #expect(it.entry.isMissing)
      #expect(it.server["error"]["message"].string?.isEmpty == false)
      #expect(it.server["error"]["help"].string?.isEmpty == false)
      #expect(it.server["error"]["line"].integer == 7)
    }
  }

  @Test(
    "Registration#Strategies: the stored client is equal to the client at the authorization server",
    arguments: SandboxKind.names)
  func clientIsRight(name: String) async throws {
    let kind = try #require(SandboxKind.named(name))
    guard kind.endsWith == "client", !kind.registration.forgets, !kind.takesClientMetadataDocuments else { return }
    let it = try await KindRuns.run(kind.name)
    let client = try #require(it.clients.first)
    #expect(it.clients.count == 1)
    #expect(it.registrations == 1)
    #expect(it.entry["client_id"].string == client.clientID)
    #expect(it.entry["issuer"].string == client.issuer)
    #expect(it.entry["redirect_uris"].strings == client.redirectURIs)
    #expect(it.entry["grant_types"].strings == client.grantTypes)
    #expect(it.entry["managed"].bool == (client.managementToken != nil && kind.management?.elsewhere == nil))
    // For `silent-method`, which leaves the method out, the sandbox chooses one. All other kinds state it.
    #expect(it.entry["token_endpoint_auth_method"].string == client.method)
    let hasRecord = client.secret != nil || it.entry["managed"].bool == true
    #expect(it.entry["secret_version"].isNull == !hasRecord)
    if hasRecord {
      let record = try it.place.record(kind.name)
      #expect(record["client_secret"].string == client.secret)
      #expect(record["client_id"].string == client.clientID)
      #expect(record["issuer"].string == client.issuer)
      if it.entry["managed"].bool == true {
        #expect(record["registration_access_token"].string == client.managementToken)
      }
    }
  }

  @Test("Discovery#Requests, Registration#Strategies: no request contains too much", arguments: SandboxKind.names)
  func requests(name: String) async throws {
    let kind = try #require(SandboxKind.named(name))
    let it = try await KindRuns.run(kind.name)
    // The target of a redirected POST never gets a request.
    #expect(!it.requests.contains { $0.path.hasSuffix("/register/") })
    for request in it.requests {
      #expect(request.values(of: "User-Agent").count == 1)
      #expect(request.value(of: "User-Agent")?.hasPrefix("mcpauth/") == true, "\(request.step)")
      #expect(request.values(of: "Cookie").isEmpty)
      #expect(request.value(of: "Host").map { request.origin == "http://" + $0 } ?? true)
      if request.endpoint != .register, request.endpoint != .management, request.endpoint != .token {
        #expect(request.values(of: "Authorization").isEmpty, "\(request.step) carries credentials")
      }
      switch (request.method, request.endpoint) {
      case ("GET", .mcp): #expect(request.value(of: "Accept")?.contains("text/event-stream") == true)
      case ("GET", _):
        #expect(request.value(of: "Accept") == "application/json", "\(request.step)")
        #expect(request.body.isEmpty)
      case ("POST", .mcp):
        #expect(request.value(of: "Accept") == "application/json, text/event-stream")
        #expect(request.value(of: "Content-Type") == "application/json")
        #expect(request.json?["jsonrpc"] == "2.0")
      case ("POST", .register):
        #expect(request.value(of: "Accept") == "application/json")
        #expect(request.value(of: "Content-Type") == "application/json")
        try body(request)
      case ("POST", .token):
        // Their answers leave the auth method open.
        #expect(["public-secret", "confidential-post"].contains(kind.name))
        #expect(request.form["code"]?.hasPrefix("mcpauth-made-up-code-") == true)
      case ("DELETE", .management): #expect(kind.name == "alters-managed")
      default: Issue.record("\(request.step) is no request of a registration")
      }
    }
    // A request to an address other than loopback is an error before it is sent.
    if let urls = it.server["error"]["requests"].array.nonEmpty {
      for record in urls where record["url"].string?.hasPrefix("http://127.0.0.1:") != true {
        #expect(record["status"].integer == nil, "\(record)")
      }
    }
  }

  /// RFC 7591 3.1, with the restrictions of Registration#Strategies.
  private func body(_ request: SandboxRequest) throws {
    let members = try #require(request.json?.object)
    #expect(members["resource"] == nil)
    for (name, value) in members {
      #expect(value != .null && value != "" && value != [] && value != [:], "\(name) is empty")
    }
    let known: Set = [
      "redirect_uris", "client_name", "token_endpoint_auth_method", "grant_types", "response_types", "application_type",
      "scope",
    ]
    #expect(Set(members.keys).isSubset(of: known), "\(members.keys.sorted())")
    #expect(Set(members.keys).isSuperset(of: known.subtracting(["scope"])))
    #expect(members["response_types"] == ["code"])
    #expect(members["application_type"] == "native")
    #expect(members["redirect_uris"]?.strings?.count == 1)
    #expect(members["grant_types"]?.strings?.first == "authorization_code")
  }

  @Test(
    "PlanAndApply#Commands: a second apply sends no request if there is a client, and none to an endpoint if no client can be registered"
  )
  func secondRun() async throws {
    // One kind for each result. The sandboxes of the shared runs have already ended.
    for kind in ["confidential-basic", "wrong-issuer", "server-error"] {
      try await withServers(SandboxConfiguration(kinds: [kind])) { sandbox in
        let first = try await sandbox.apply(kind)
        let files = try first.place.snapshot()
        let second = try await sandbox.apply(kind, in: first.place)
        #expect(second.requests.allSatisfy { !$0.isToAnEndpoint }, "\(second.trail)")
        #expect(second.run.exit == first.run.exit)
        #expect(second.code == first.code)
        #expect(try first.place.snapshot() == files)
        if kind == "confidential-basic" { #expect(second.requests.isEmpty) }
      }
    }
  }
}

extension Array {
  var nonEmpty: [Element]? { isEmpty ? nil : self }
}
