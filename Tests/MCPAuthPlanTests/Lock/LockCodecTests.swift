import MCPAuthCore
import MCPAuthPlan
import Testing

/// The lock file (PlanAndApply#Lock-file).
@Suite struct LockCodecTests {
  /// Version 1 in its original form. Never change it. For another version add another fixture.
  static let version1 = #"""
    {
      "lineage": "7d0a",
      "orphans": [
        {
          "client_id": null,
          "issuer": "https://as.example",
          "managed": false,
          "reason": "outcome-unknown",
          "server": "docs",
          "since": "2026-11-23T10:00:00Z"
        },
        {
          "client_id": "old",
          "issuer": "https://as.example",
          "managed": true,
          "reason": "replaced",
          "server": "linear",
          "since": "2026-11-23T10:00:00Z"
        }
      ],
      "servers": {
        "docs": {
          "application_type": null,
          "authorization_endpoint": null,
          "authorization_response_iss_parameter_supported": null,
          "authorization_server": null,
          "client_id": null,
          "client_secret_expires_at": null,
          "discovered_by": null,
          "generation": 0,
          "grant_types": null,
          "inputs": {},
          "issuer": null,
          "managed": false,
          "mode": "none",
          "protect": false,
          "redirect_uris": null,
          "registered_at": null,
          "registration": null,
          "registration_endpoint": null,
          "resource": null,
          "revocation_endpoint": null,
          "scopes": null,
          "scopes_from": null,
          "secret_version": null,
          "token_endpoint": null,
          "token_endpoint_auth_method": null,
          "url": "https://docs.example.com/mcp"
        },
        "linear": {
          "application_type": "web",
          "authorization_endpoint": "https://mcp.linear.app/authorize",
          "authorization_response_iss_parameter_supported": true,
          "authorization_server": "https://mcp.linear.app",
          "client_id": "c\"1\" ü",
          "client_secret_expires_at": "2026-11-24T10:00:00Z",
          "discovered_by": "challenge",
          "generation": 2,
          "grant_types": [
            "authorization_code",
            "refresh_token"
          ],
          "inputs": {
            "client_name": "Acme Coder",
            "settings": {
              "scopes": [
                "read"
              ]
            }
          },
          "issuer": "https://mcp.linear.app",
          "managed": true,
          "mode": "discovered",
          "protect": true,
          "redirect_uris": [
            "https://coder.acme.dev/mcp/linear/callback"
          ],
          "registered_at": "2026-11-23T10:00:00Z",
          "registration": "dcr",
          "registration_endpoint": "https://mcp.linear.app/register",
          "resource": "https://mcp.linear.app/mcp",
          "revocation_endpoint": "https://mcp.linear.app/revoke",
          "scopes": [
            "read"
          ],
          "scopes_from": "inventory",
          "secret_version": "a1b2",
          "token_endpoint": "https://mcp.linear.app/token",
          "token_endpoint_auth_method": "client_secret_basic",
          "url": "https://mcp.linear.app/mcp"
        }
      },
      "version": 1
    }

    """#

  @Test("PlanAndApply#Lock-file: keys are sorted, two-space indent, one key per line, one trailing newline")
  func canonical() {
    #expect(LockCodec.text(LockSample.lock) == Self.version1)
  }

  @Test("PlanAndApply#Lock-file: version 1 is read, and written with the same bytes")
  func fixture() throws {
    let lock = try LockCodec.decode(Self.version1)
    #expect(lock.servers == LockSample.lock.servers)
    #expect(lock.lineage == "7d0a")
    #expect(LockCodec.text(lock) == Self.version1)
  }

  @Test("PlanAndApply#Lock-file: an empty lock is read back, also with the command of the secret store")
  func empty() throws {
    var lock = Lock(lineage: "l")
    #expect(try LockCodec.decode(LockCodec.text(lock)) == lock)
    #expect(!LockCodec.text(lock).contains("secrets_command"))
    lock.secretsCommand = ["mcpauth-store-x", "--profile", "a b"]
    #expect(try LockCodec.decode(LockCodec.text(lock)) == lock)
  }

  @Test("PlanAndApply#Lock-file: every mode, registration and reason is read back")
  func everyCase() throws {
    for mode in LockEntry.Mode.allCases {
      for registration in LockedClient.Registration.allCases.map(Optional.some) + [nil] {
        let client = registration.map { LockedClient($0, id: "c", authMethod: .other("private_key_jwt")) }
        let lock = Lock(
          lineage: "l", servers: ["a": LockEntry(mode: mode, url: "https://a.example/mcp", client: client)])
        #expect(try LockCodec.decode(LockCodec.text(lock)) == lock)
      }
    }
    for reason in Orphan.Reason.allCases {
      var orphan = LockSample.orphan("a", "c")
      orphan.reason = reason
      orphan.retried = true
      #expect(try LockCodec.decode(LockCodec.text(Lock(lineage: "l", orphans: [orphan]))).orphans == [orphan])
    }
    var lost = LockSample.whole
    lost.client?.isLost = true
    #expect(try LockCodec.decode(LockCodec.text(Lock(lineage: "l", servers: ["a": lost]))).servers["a"] == lost)
  }

  @Test(
    "PlanAndApply#Lock-file: orphans are sorted by server, issuer and client, in any order of input; entries are sorted, too"
  )
  func orders() {
    let orphans = [
      LockSample.orphan("b", "1"), LockSample.orphan("a", "2"), LockSample.orphan("a", "1"),
      LockSample.orphan("a", "1", issuer: "https://aa.example"), LockSample.orphan("a", nil),
    ]
    let sorted = LockCodec.text(Lock(lineage: "l", orphans: orphans))
    for _ in 0..<10 { #expect(LockCodec.text(Lock(lineage: "l", orphans: orphans.shuffled())) == sorted) }
  }

  @Test("PlanAndApply#Lock-file: a change to one server changes no line of another")
  func neighbours() {
    var lock = LockSample.lock
    let before = LockCodec.text(lock).split(separator: "\n")
    lock.servers["linear"]?.client?.scopes = ["read", "write"]
    let after = LockCodec.text(lock).split(separator: "\n")
    let difference = after.difference(from: before)
    #expect(difference.count == 3)
  }

  @Test(
    "PlanAndApply#Lock-file: names and texts with any character are read back unchanged, so that no server can hide another"
  )
  func strangeText() throws {
    var entry = LockSample.whole
    entry.client?.id = "\u{0}\u{1F}\"\\/\u{7F}\u{2028}👩‍👩‍👧\u{202E}"
    let lock = Lock(lineage: "l", servers: ["a": entry])
    #expect(try LockCodec.decode(LockCodec.text(lock)) == lock)
  }

  // MARK: Refusals

  static let invalid: [(what: String, text: String, says: String, line: Int?)] = [
    ("empty", "", "unexpected end", 1),
    ("truncated", String(version1.dropLast(40)), "", nil),
    ("no JSON", "servers: {}", "unexpected character", 1),
    (
      "conflict", version1.replacing("  \"version\": 1", with: "<<<<<<< HEAD\n  \"version\": 1"),
      "merge-conflict marker", 93
    ),
    (
      "conflict's middle", version1.replacing("  \"version\": 1", with: "=======\n  \"version\": 1"), "merge-conflict",
      93
    ),
    (
      "conflict's end", version1.replacing("  \"version\": 1", with: ">>>>>>> x\n  \"version\": 1"), "merge-conflict",
      93
    ),
    ("a list", "[]", "a list where an object is expected", nil),
    ("no version", #"{"lineage": "l"}"#, "'version' is not 1", nil),
    ("version 0", #"{"lineage": "l", "version": 0}"#, "'version' is not 1", nil),
    ("version a string", #"{"lineage": "l", "version": "1"}"#, "'version' is a string", nil),
    ("no lineage", #"{"version": 1}"#, "'lineage' is missing", nil),
    ("lineage null", #"{"lineage": null, "version": 1}"#, "'lineage' is missing", nil),
    ("unknown member", #"{"lineage": "l", "version": 1, "servers": {}, "x": 1}"#, "unknown member 'x'", nil),
    ("no servers", #"{"lineage": "l", "version": 1, "orphans": []}"#, "'servers' is missing", nil),
    ("servers null", #"{"lineage": "l", "version": 1, "servers": null}"#, "'servers' is missing", nil),
    ("servers a list", #"{"lineage": "l", "version": 1, "servers": []}"#, "'servers' is a list", nil),
    (
      "orphans an object", #"{"lineage": "l", "version": 1, "servers": {}, "orphans": {}}"#, "'orphans' is an object",
      nil
    ),
    (
      "a server twice", "{\"lineage\": \"l\", \"version\": 1, \"servers\": {\"a\": {},\n\"a\": {}}}",
      "'a' is defined twice", 2
    ),
    ("a member twice", "{\"version\": 1,\n\"version\": 1}", "'version' is defined twice", 2),
    ("too deep", String(repeating: "[", count: 100), "64 levels", 1),
    ("not UTF-8's", "{\"lineage\": \"\\u00zz\"}", "", 1),
  ]

  @Test(
    "PlanAndApply#Lock-file: a file that is not a lock file is refused as a whole, with the line",
    arguments: invalid)
  func refused(_ what: String, _ text: String, _ says: String, _ line: Int?) {
    do {
      _ = try LockCodec.decode(text)
      Issue.record("\(what) was taken")
    } catch {
      #expect(error.code == .lockInvalid)
      #expect(error.message.contains("servers.lock.json"))
      #expect(error.message.contains(says), "\(error.message)")
      if let line { #expect(error.location?.line == line) }
      #expect(!error.help.isEmpty)
    }
  }

  static let entries: [(what: String, change: @Sendable (inout JSONObject) -> Void)] = [
    ("no mode", { $0["mode"] = nil }), ("mode null", { $0["mode"] = .null }),
    ("unknown mode", { $0["mode"] = "magic" }), ("mode a number", { $0["mode"] = 1 }),
    ("unknown registration", { $0["registration"] = "magic" }), ("no url", { $0["url"] = nil }),
    ("a client without registration", { $0["registration"] = nil }),
    ("a registration without client", { $0["client_id"] = .null }),
    ("no method", { $0["token_endpoint_auth_method"] = .null }), ("no scopes", { $0["scopes"] = .null }),
    ("unknown origin of scopes", { $0["scopes_from"] = "magic" }),
    ("unknown application type", { $0["application_type"] = "magic" }),
    ("endpoints without a way to them", { $0["discovered_by"] = .null }),
    ("unknown way to the endpoints", { $0["discovered_by"] = "magic" }),
    ("no token endpoint", { $0["token_endpoint"] = .null }), ("no resource", { $0["resource"] = nil }),
    ("client_id a number", { $0["client_id"] = 1 }), ("scopes a string", { $0["scopes"] = "read" }),
    ("scopes of numbers", { $0["scopes"] = [1] }), ("managed a string", { $0["managed"] = "true" }),
    ("generation a fraction", { $0["generation"] = .number("1.5") }),
    ("generation a string", { $0["generation"] = "1" }),
    ("a local time", { $0["registered_at"] = "2026-11-23T10:00:00+01:00" }),
    ("no such day", { $0["client_secret_expires_at"] = "2026-02-30T10:00:00Z" }),
    ("a time as a number", { $0["registered_at"] = 1 }), ("inputs a list", { $0["inputs"] = [] }),
    ("an unknown member", { $0["client_secret"] = "s3cret" }),
  ]

  @Test(
    "PlanAndApply#Lock-file: a hand-edited entry that is not fully understood is refused, with its name",
    arguments: entries
  )
  func refusedEntry(_ what: String, _ change: @Sendable (inout JSONObject) -> Void) throws {
    var object = try #require(LockSample.whole.json.object)
    change(&object)
    let text = JSONWriter.canonical([
      "lineage": "l", "version": 1, "servers": ["linear": .object(object)],
    ])
    do {
      _ = try LockCodec.decode(text, file: "x")
      Issue.record("\(what) was taken")
    } catch {
      #expect(error.code == .lockInvalid)
      #expect(error.message.contains("'linear'"))
      #expect(!error.message.contains("s3cret"))
    }
  }

  @Test(
    "PlanAndApply#Lock-file: an orphan that is not fully understood is refused",
    arguments: ["server", "issuer", "reason", "since"])
  func refusedOrphan(_ member: String) throws {
    for value: JSON? in [nil, "magic\u{1}", 7] where !(value?.string != nil && ["server", "issuer"].contains(member)) {
      var object = try #require(LockSample.orphan("a", "c").json.object)
      object[member] = value
      let text = JSONWriter.canonical(["lineage": "l", "version": 1, "servers": [:], "orphans": [.object(object)]])
      #expect(throws: Diagnostic.self) { _ = try LockCodec.decode(text, file: "x") }
    }
  }

  @Test(
    "PlanAndApply#Lock-file: a newer version is refused as newer, with any other content", arguments: ["2", "3", "99"])
  func tooNew(_ version: String) {
    do {
      _ = try LockCodec.decode("{\"version\": \(version), \"clients\": [1]}")
      Issue.record("it was taken")
    } catch {
      #expect(error.code == .lockTooNew)
      #expect(error.message.contains("version \(version)"))
    }
  }

  @Test("PlanAndApply#Lock-file: an absent member is like a null one; a BOM is accepted")
  func lenient() throws {
    let text =
      "\u{FEFF}{\"lineage\": \"l\", \"version\": 1, \"servers\": {\"a\": {\"mode\": \"none\", \"url\": \"https://a.example\"}}}"
    let lock = try LockCodec.decode(text)
    #expect(lock.servers["a"] == LockEntry(mode: .none, url: "https://a.example"))
    #expect(lock.orphans.isEmpty)
  }
}
