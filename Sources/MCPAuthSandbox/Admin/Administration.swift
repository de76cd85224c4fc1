/// The administration pages: they show the requests that the sandbox received, and they change the sandbox while it runs.
///
/// | request | |
/// |---|---|
/// | `GET /admin` | a page with all of this |
/// | `GET /admin/requests.json`, `/admin/clients.json`, `/admin/counts.json` | the same as data |
/// | `POST /admin/reset` | forgets requests, clients, tokens and counts, and undoes changes of kinds |
/// | `POST /admin/forget-clients` | forgets clients, like an authorization server whose database was purged |
/// | `POST /admin/forget-management` | makes new registration access tokens; the old ones are invalid |
/// | `POST /admin/expire` | makes client secrets expire now |
/// | `POST /admin/config` | changes a kind: `AdministrationChange` |
///
/// `?kind=NAME` restricts a POST to one kind.
struct Administration {
  let configuration: SandboxConfiguration
  let world: World

  func answer(_ request: SandboxRequest) -> SandboxAnswer? {
    let kind = request.queryValues["kind"]
    switch (request.method, request.path) {
    case ("GET", "/"): return .redirect(to: "/admin")
    case ("GET", "/admin"): return AdministrationPage(world: world).answer(kind: kind)
    case ("GET", "/admin/requests.json"):
      return pretty(
        .array(world.with { state in state.requests.filter { kind == nil || $0.kind == kind }.map(\.record) }))
    case ("GET", "/admin/clients.json"):
      return pretty(.array(world.clients.filter { kind == nil || $0.kind == kind }.map(\.record)))
    case ("GET", "/admin/counts.json"): return pretty(counts)
    case ("POST", "/admin/reset"):
      world.reset(configuration)
      return SandboxAnswer(204)
    case ("POST", "/admin/forget-clients"): return .json(200, ["clients": .integer(world.forgetClients(of: kind))])
    case ("POST", "/admin/forget-management"):
      return .json(200, ["clients": .integer(world.forgetManagement(of: kind))])
    case ("POST", "/admin/expire"): return .json(200, ["clients": .integer(world.expireSecrets(of: kind))])
    case ("POST", "/admin/config"): return change(request)
    default: return nil
    }
  }

  private func pretty(_ value: SandboxJSON) -> SandboxAnswer {
    .text(200, value.text(pretty: true) + "\n", type: "application/json")
  }

  private var counts: SandboxJSON {
    world.with { state in
      [
        "requests": .integer(state.requestCount),
        "clients": .integer(state.clients.count),
        "registrations": .object(state.registrations.mapValues(SandboxJSON.integer)),
        "most_registrations_at_once": .object(state.mostAtOnce.mapValues(SandboxJSON.integer)),
      ]
    }
  }

  private func change(_ request: SandboxRequest) -> SandboxAnswer {
    guard let json = request.json, let name = json["kind"]?.string else {
      return .json(400, ["error": "a JSON object with 'kind' is needed"])
    }
    return world.with { state in
      guard let kind = state.kinds[name] else {
        return .json(404, ["error": .string("there is no kind '\(name)' here")])
      }
      switch AdministrationChange.apply(json, to: kind) {
      case .failure(let problem): return .json(400, ["error": .string(problem.words)])
      case .success(let changed):
        state.change(name) { $0 = changed }
        return SandboxAnswer(204)
      }
    }
  }
}

extension World {
  /// The clients in the order of their registration.
  var clients: [SandboxClient] {
    with { state in state.clientOrder.compactMap { state.clients[$0] } }
  }

  /// Restores the state after the start.
  func reset(_ configuration: SandboxConfiguration) {
    let fresh = World(configuration).with { $0 }
    with { state in
      // Requests that are being answered still call `finish` later.
      let underWay = state.underWay
      state = fresh
      state.underWay = underWay
    }
  }

  func forgetClients(of kind: String?) -> Int {
    with { state in
      let keys = Set(state.clients.filter { kind == nil || $0.value.kind == kind }.keys)
      state.remove(keys)
      return keys.count
    }
  }

  func forgetManagement(of kind: String?) -> Int {
    changeClients(of: kind) { client in
      guard client.managementToken != nil else { return false }
      client.managementToken = World.token("manage-")
      return true
    }
  }

  func expireSecrets(of kind: String?) -> Int {
    let past = Int(World.now) - 1
    return changeClients(of: kind) { client in
      guard client.secret != nil else { return false }
      client.secretExpiresAt = past
      return true
    }
  }

  private func changeClients(of kind: String?, _ change: (inout SandboxClient) -> Bool) -> Int {
    with { state in
      var count = 0
      for (key, client) in state.clients where kind == nil || client.kind == kind {
        var changed = client
        guard change(&changed) else { continue }
        state.clients[key] = changed
        count += 1
      }
      return count
    }
  }
}

extension World.State {
  /// Changes a kind. If its issuer is moved, the issuer is also served at its old place.
  mutating func change(_ name: String, _ change: (inout SandboxKind) -> Void) {
    guard var kind = kinds[name] else { return }
    let former = kind.effectiveIssuerPath
    change(&kind)
    kind.name = name
    if kind.effectiveIssuerPath != former { formerIssuerPaths[name, default: []].append(former) }
    kinds[name] = kind
  }
}
