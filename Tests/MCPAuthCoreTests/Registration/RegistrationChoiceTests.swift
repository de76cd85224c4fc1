import MCPAuthCore
import Testing

@Suite struct RegistrationChoiceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var strategy: RegistrationStrategy
    var hasDocument: Bool
    var offersCIMD: Bool
    var hasEndpoint: Bool
    /// nil: the expected error is `registration-unsupported`.
    var way: RegistrationChoice.Way?
    var warns = false
    var testDescription: String { name }
  }

  static let document = "https://acme.dev/oauth/client.json"
  static let cimd = RegistrationChoice.Way.cimd(metadataURL: document)
  static let dcr = RegistrationChoice.Way.dcr(endpoint: RegistrationWorld.endpoint)

  @Test(
    "Registration#Strategies: a metadata document is chosen only if a public client is possible",
    arguments: [
      (nil, cimd), (["none"], cimd), (["client_secret_basic", "none"], cimd), (["client_secret_basic"], dcr),
      (["private_key_jwt"], dcr),
    ] as [([String]?, RegistrationChoice.Way)])
  func publicOnly(methods: [String]?, way: RegistrationChoice.Way) throws {
    let client = RegistrationWorld.client(metadataURL: Self.document)
    let metadata = RegistrationWorld.metadata(methods: methods, cimd: true)
    let choice = try RegistrationChoice.choose(strategy: .auto, client: client, metadata: metadata)
    #expect(choice.way == way && choice.warnings.isEmpty)
    if way == Self.dcr {
      let error = #expect(throws: Diagnostic.self) {
        try RegistrationChoice.choose(strategy: .cimd, client: client, metadata: metadata)
      }
      #expect(error?.code == .authMethodUnsupported)
    }
  }

  @Test(
    "Registration#Client-ID-Metadata-Documents: auto is CIMD if configured and offered, else DCR, else unsupported; a named strategy never changes",
    arguments: [
      Row(
        name: "auto, all on offer", strategy: .auto, hasDocument: true, offersCIMD: true, hasEndpoint: true, way: cimd),
      Row(
        name: "auto, CIMD alone", strategy: .auto, hasDocument: true, offersCIMD: true, hasEndpoint: false, way: cimd),
      Row(
        name: "auto, CIMD not offered", strategy: .auto, hasDocument: true, offersCIMD: false, hasEndpoint: true,
        way: dcr),
      Row(
        name: "auto, no document of ours", strategy: .auto, hasDocument: false, offersCIMD: true, hasEndpoint: true,
        way: dcr, warns: true),
      Row(name: "auto, nothing", strategy: .auto, hasDocument: true, offersCIMD: false, hasEndpoint: false, way: nil),
      Row(
        name: "RealServers#49: dcr named where CIMD is broken", strategy: .dcr, hasDocument: true, offersCIMD: true,
        hasEndpoint: true, way: dcr, warns: true),
      Row(name: "dcr, no endpoint", strategy: .dcr, hasDocument: true, offersCIMD: true, hasEndpoint: false, way: nil),
      Row(name: "cimd", strategy: .cimd, hasDocument: true, offersCIMD: true, hasEndpoint: true, way: cimd),
      Row(
        name: "cimd, not offered", strategy: .cimd, hasDocument: true, offersCIMD: false, hasEndpoint: true, way: nil),
      Row(
        name: "cimd, no document", strategy: .cimd, hasDocument: false, offersCIMD: true, hasEndpoint: true, way: nil),
      Row(
        name: "preregistered", strategy: .preregistered, hasDocument: false, offersCIMD: false, hasEndpoint: false,
        way: .preregistered),
    ])
  func order(row: Row) throws {
    let client = RegistrationWorld.client(metadataURL: row.hasDocument ? Self.document : nil)
    let metadata = RegistrationWorld.metadata(
      endpoint: row.hasEndpoint ? RegistrationWorld.endpoint : nil, cimd: row.offersCIMD)
    guard let way = row.way else {
      let error = #expect(throws: Diagnostic.self) {
        try RegistrationChoice.choose(strategy: row.strategy, client: client, metadata: metadata)
      }
      #expect(error?.code == .registrationUnsupported)
      return
    }
    let choice = try RegistrationChoice.choose(strategy: row.strategy, client: client, metadata: metadata)
    #expect(choice.way == way)
    #expect(choice.warnings.map(\.code) == (row.warns ? [.dcrDeprecated] : []))
  }

  @Test(
    "Registration#Strategies: registration-unsupported has the issuer, both endpoints, the exact redirect URI and an example to paste"
  )
  func unsupported() throws {
    let error = try #require(throws: Diagnostic.self) {
      try RegistrationChoice.choose(
        strategy: .auto, client: RegistrationWorld.client(), metadata: RegistrationWorld.metadata(endpoint: nil))
    }
    #expect(error.message == "https://as.example has no registration endpoint: needs manual credentials")
    let help = error.help.joined(separator: "\n")
    for part in [
      "https://as.example ", "https://as.example/authorize", "https://as.example/token",
      "redirect URI \(RegistrationWorld.redirect)", "registration: preregistered", "client_id: CLIENT_ID",
    ] {
      #expect(help.contains(part), "\(part)")
    }
  }

  @Test(
    "SecretStores#Records: a server's text in registration-unsupported begins no line and has no control characters")
  func foreign() throws {
    var metadata = RegistrationWorld.metadata(endpoint: nil)
    metadata.tokenEndpoint = "https://as.example/token\n::error::\u{1B}[31m\u{202E}"
    let error = try #require(throws: Diagnostic.self) {
      try RegistrationChoice.choose(strategy: .auto, client: RegistrationWorld.client(), metadata: metadata)
    }
    let all = (error.notes + error.help + [error.message]).joined(separator: "\n")
    #expect(!all.contains("\n::error"))
    #expect(!all.unicodeScalars.contains("\u{1B}"))
    #expect(!all.unicodeScalars.contains("\u{202E}"))
  }
}
