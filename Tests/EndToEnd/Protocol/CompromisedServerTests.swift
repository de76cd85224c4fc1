import Foundation
import MCPAuthSandbox
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A server that was taken over gets no initial access token, no request to a private address that it chooses, no client of another
/// issuer, and no secret in its log (InventoryReference#Secret-references, Discovery#Requests).
@Suite struct CompromisedServerTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    var what: String
    /// Whether a client for `free` may be registered at the attacker's server: without a bound issuer, mcpauth accepts a new issuer
    /// (Registration#Binding-to-the-issuer).
    var freeMayMove = false
    var turn: @Sendable (Compromise) -> Void
    var testDescription: String { what }
  }

  private static func each(_ world: Compromise, _ change: (String, inout SandboxKind) -> Void) {
    for name in Compromise.servers { world.sandbox.change(name) { change(name, &$0) } }
  }

  /// The honest document of a server, with some endpoints replaced by the attacker's.
  private static func replay(_ issuer: String, _ changes: [String: SandboxJSON]) -> SandboxJSON {
    var document: [String: SandboxJSON] = [
      "issuer": .string(issuer), "authorization_endpoint": .string(issuer + "/authorize"),
      "token_endpoint": .string(issuer + "/token"), "registration_endpoint": .string(issuer + "/register"),
      "revocation_endpoint": .string(issuer + "/revoke"), "code_challenge_methods_supported": ["S256"],
      "token_endpoint_auth_methods_supported": ["client_secret_basic"],
      "grant_types_supported": ["authorization_code", "refresh_token"],
    ]
    document.merge(changes) { $1 }
    return .object(document)
  }

  static let attacks: [Attack] = [
    Attack(what: "names its own authorization server", freeMayMove: true) { world in
      each(world) { _, kind in kind.metadataChanges["authorization_servers"] = [.string(world.evil)] }
    },
    Attack(what: "names its own authorization server before the right one", freeMayMove: true) { world in
      each(world) { _, kind in kind.metadataChanges["authorization_servers"] = [.string(world.evil), "{issuer}"] }
    },
    Attack(what: "no longer has metadata, and is its own authorization server as in 2025-03-26") { world in
      each(world) { _, kind in
        kind.metadataPlaces = []
        kind.challenge = ["Bearer"]
      }
    },
    Attack(what: "its authorization server claims to be the honest issuer, with its own endpoints") { world in
      each(world) { name, kind in
        let path = "/.well-known/oauth-authorization-server/claims/\(name)"
        let changes = ["authorization", "token", "registration", "revocation"].map { part in
          (part + "_endpoint", SandboxJSON.string(world.evil + "/" + (part == "registration" ? "register" : "token")))
        }
        world.attacker.answer(
          "GET", path,
          with: .json(200, replay(world.sandbox.issuer(name), Dictionary(changes) { first, _ in first })))
        kind.metadataChanges["authorization_servers"] = [.string(world.attacker.origin + "/claims/\(name)")]
      }
    },
    Attack(what: "copies the honest document to the attacker's server, with another registration endpoint") { world in
      each(world) { name, kind in
        world.attacker.answer(
          "GET", "/.well-known/oauth-authorization-server/replays/\(name)",
          with: .json(
            200,
            replay(world.sandbox.issuer(name), ["registration_endpoint": .string(world.evil + "/register")])))
        kind.metadataChanges["authorization_servers"] = [.string(world.attacker.origin + "/replays/\(name)")]
      }
    },
    Attack(what: "copies the honest document to the attacker's server, with another token endpoint") { world in
      each(world) { name, kind in
        world.attacker.answer(
          "GET", "/.well-known/oauth-authorization-server/tokens/\(name)",
          with: .json(
            200, replay(world.sandbox.issuer(name), ["token_endpoint": .string(world.evil + "/token")])))
        kind.metadataChanges["authorization_servers"] = [.string(world.attacker.origin + "/tokens/\(name)")]
      }
    },
    Attack(what: "names the other server's authorization server", freeMayMove: true) { world in
      each(world) { name, kind in
        let other = name == "bound" ? "free" : "bound"
        kind.metadataChanges["authorization_servers"] = [.string(world.sandbox.issuer(other))]
      }
    },
    Attack(what: "redirects its metadata to the attacker's server") { world in
      each(world) { _, kind in
        kind.faults[.resourceMetadata] = SandboxFault(.redirect(307, to: world.attacker.metadataURL("evil")))
      }
    },
    Attack(what: "points its challenge to the attacker's metadata") { world in
      each(world) { _, kind in
        kind.challenge = ["Bearer resource_metadata=\"\(world.attacker.metadataURL("evil"))\""]
      }
    },
    Attack(what: "redirects the probe to the attacker's server") { world in
      each(world) { _, kind in
        kind.faults[.mcp] = SandboxFault(.redirect(307, to: world.attacker.url("evil")), method: "POST")
      }
    },
    Attack(what: "claims to be the attacker's resource") { world in
      each(world) { _, kind in
        kind.metadataChanges = [
          "resource": .string(world.attacker.url("evil")), "authorization_servers": [.string(world.evil)],
        ]
      }
    },
    Attack(what: "copies what it receives into all its answers") { world in
      each(world) { _, kind in
        kind.challenge = ["Bearer resource_metadata=\"{metadata}\", scope=\"{origin} {resource}\", error=\"{issuer}\""]
        kind.metadataChanges["scopes_supported"] = ["{issuer}", "{resource}"]
        kind.metadataChanges["authorization_servers"] = [.string(world.evil + "?client={resource}")]
      }
    },
  ]

  @Test("a server that was taken over gets no secret from plan, apply, rotate and verify", arguments: attacks)
  func attack(attack: Attack) async throws {
    try await Compromise.run { world in
      attack.turn(world)
      let runs = try await world.provoke()
      world.expectNothingGained()
      for secret in world.allSecrets where !world.clientIDs.values.contains(secret) {
        // Client ids are public. No other value is in the output.
        if world.sandbox.clients().contains(where: { $0.clientID == secret }) { continue }
        for run in runs { #expect(!run.all.contains(secret), "\(run.all)") }
      }
      // A server with an issuer in the inventory keeps this issuer.
      let bound = try world.place.entry("bound")
      #expect(bound["issuer"].string == world.sandbox.issuer("bound"))
      #expect(bound["token_endpoint"].string == world.sandbox.issuer("bound") + "/token")
      #expect(bound["registration_endpoint"].string == world.sandbox.issuer("bound") + "/register")
      if !attack.freeMayMove {
        #expect(try world.place.entry("free")["token_endpoint"].string == world.sandbox.issuer("free") + "/token")
        #expect(world.attacker.registrations("evil") == 0)
      }
      #expect(world.attacker.requests().allSatisfy { $0.method != "POST" || attack.freeMayMove })
    }
  }

  @Test(
    "Registration#Binding-to-the-issuer: a new issuer gets a new client, and the old client is sent only to the old issuer"
  )
  func moved() async throws {
    try await Compromise.run { world in
      world.sandbox.change("free") { $0.metadataChanges["authorization_servers"] = [.string(world.evil)] }
      let run = try await world.place.run(
        ["apply", "--refresh", "--format", "json"], environment: Compromise.environment)
      #expect(run.exit == 0, "\(run.all)")
      let free = try run.json()["servers"].array.first { $0["name"].string == "free" }
      #expect(free?["action"].string == "replace")
      #expect(free?["reasons"].strings == ["issuer-changed"])
      #expect(world.attacker.registrations("evil") == 1)
      world.expectNothingGained()
      let body = try #require(world.attacker.requests().first { $0.endpoint == .register })
      #expect(body.value(of: "Authorization") == nil)
      #expect(body.json?["software_statement"] == nil)
      // The old client is deleted where it was registered.
      let deletion = world.sandbox.requests().filter { $0.method == "DELETE" }
      #expect(deletion.map(\.kind) == ["free"])
    }
  }

  // MARK: Private addresses

  /// Places in which a server can write a URL that mcpauth will request.
  enum Pointer: String, CaseIterable, Sendable {
    case challenge, authorizationServer, registration, redirect, issuerRedirect

    func point(_ kind: inout SandboxKind, to url: String) {
      switch self {
      case .challenge: kind.challenge = ["Bearer resource_metadata=\"\(url)\""]
      case .authorizationServer: kind.metadataChanges["authorization_servers"] = [.string(url)]
      case .registration: kind.issuerMetadataChanges["registration_endpoint"] = .string(url)
      case .redirect: kind.faults[.resourceMetadata] = SandboxFault(.redirect(to: url))
      case .issuerRedirect: kind.faults[.oauthMetadata] = SandboxFault(.redirect(to: url))
      }
    }
  }

  @Test(
    "Discovery#Addresses: there is no connection to a private address that a server chooses",
    arguments: Pointer.allCases)
  func privateAddress(pointer: Pointer) async throws {
    let canary = try Canary()
    try await Compromise.run { world in
      for host in canary.hosts + ["169.254.169.254", "10.0.0.1", "[fd00:ec2::254]", "[::ffff:10.0.0.1]", "167772161"] {
        for scheme in host.hasPrefix("1") ? ["https", "http"] : ["https"] {
          let before = try world.place.entryText("free")
          world.sandbox.change("free") { pointer.point(&$0, to: "\(scheme)://\(host):\(canary.port)/as") }
          // A new generation replaces the client, so the registration endpoint is used as well.
          try world.place.write(
            servers: world.sandbox.block("free", oauth2: ["generation: 7", "renew: never"]))
          let run = try await world.place.run(
            "apply", "--only", "free", "--refresh", "--timeout", "10s", "--format", "json")
          #expect(run.exit == 1, "\(host): \(run.all)")
          let code = try run.json()["servers"][0]["error"]["code"].string
          let codes = [
            "address-blocked", "insecure-url", "redirect-refused", "invalid-url", "unreachable",
            "authorization-server-metadata-unavailable",
          ]
          #expect(code.map(codes.contains) == true, "\(host): \(run.out)")
          #expect(try world.place.entryText("free") == before)
          world.sandbox.change("free") { kind in
            let honest = SandboxKind("free", "")
            kind.challenge = honest.challenge
            kind.metadataChanges = [:]
            kind.issuerMetadataChanges = [:]
            kind.faults = [:]
          }
        }
      }
      world.expectNothingGained()
    }
    #expect(canary.connections() == 0)
  }

  @Test("Discovery#Requests: URLs that mcpauth does not need are never requested")
  func otherURLs() async throws {
    let canary = try Canary()
    try await Compromise.run { world in
      for name in Compromise.servers {
        world.sandbox.change(name) { kind in
          let url = SandboxJSON.string("http://\(canary.hosts.first ?? "127.0.0.1"):\(canary.port)/x")
          for member in ["logo_uri", "resource_documentation", "resource_policy_uri", "resource_tos_uri", "jwks_uri"] {
            kind.metadataChanges[member] = url
          }
          for member in ["jwks_uri", "service_documentation", "op_policy_uri", "op_tos_uri", "introspection_endpoint"] {
            kind.issuerMetadataChanges[member] = url
          }
          for member in ["logo_uri", "client_uri", "policy_uri", "tos_uri", "jwks_uri", "registration_client_uri"] {
            kind.registration.answerChanges[member] = url
          }
        }
      }
      try await world.provoke()
      world.expectNothingGained()
    }
    #expect(canary.connections() == 0)
  }
}

/// Listens on every address of this machine, and counts the connections.
private final class Canary: Sendable {
  let port: UInt16
  /// The private addresses of this machine, each in several notations.
  let hosts: [String]
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    try #require(descriptor >= 0)
    var off: Int32 = 0
    setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(descriptor, name, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, name, &length) == 0
      }
    }
    try #require(bound)
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin6_port)
    hosts = Self.privateAddresses().flatMap { bytes -> [String] in
      let number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
      let dotted = bytes.map { String($0) }.joined(separator: ".")
      return [dotted, String(number), "0x" + String(number, radix: 16), "[::ffff:\(dotted)]"]
    }
  }

  deinit { close(descriptor) }

  func connections() -> Int {
    var count = 0
    while true {
      let peer = accept(descriptor, nil, nil)
      guard peer >= 0 else { return count }
      close(peer)
      count += 1
    }
  }

  /// The private IPv4 addresses except loopback. Empty if the machine has none.
  private static func privateAddresses() -> [[UInt8]] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [[UInt8]] = []
    var next = list
    while let current = next {
      next = current.pointee.ifa_next
      guard let address = current.pointee.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else { continue }
      let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
        withUnsafeBytes(of: $0.pointee.sin_addr.s_addr) { Array($0) }
      }
      // Some machines without a network have an address in 192.0.2/24.
      let isPrivate =
        bytes[0] == 10 || bytes.starts(with: [192, 168]) || bytes.starts(with: [192, 0, 2])
        || (bytes[0] == 172 && (16...31).contains(bytes[1]))
      if isPrivate { found.append(bytes) }
    }
    return Array(found.prefix(1))
  }
}
