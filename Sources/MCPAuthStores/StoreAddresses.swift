package import MCPAuthCore
import MCPAuthPlan

/// To which addresses a credential of a store may be sent because an inventory names them (SecretStores#Addresses). Without this check, a pull request
/// could have the credential sent to any host.
package actor StoreAddresses {
  /// Addresses, separated by commas: `https://bao.example.com:8200,https://vault.example.com`.
  package static let variable = "MCPAUTH_STORE_ADDRESSES"

  private let allowed: Set<CheckedURL>
  private let ask: (@Sendable (_ address: String) async -> Bool)?
  /// The user is asked about an address once, also when several callers wait for the answer.
  private var answers: [CheckedURL: Task<Bool, Never>] = [:]

  /// - Parameter ask: asks the user whether the credential may be sent to an address; nil when there is no user to ask.
  package init(environment: [String: String], ask: (@Sendable (_ address: String) async -> Bool)?) {
    let texts = (environment[Self.variable] ?? "").split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" })
    // A text that is no URL allows nothing.
    allowed = Set(texts.compactMap { try? CheckedURL(String($0), plaintext: .loopback) }.map(KV2Settings.base))
    self.ask = ask
  }

  /// Allows exactly this address, because the user named it on the command line.
  package init(allowing address: CheckedURL) {
    allowed = [KV2Settings.base(address)]
    ask = nil
  }

  /// - Parameter addresses: of one store: each may get the credential.
  /// - Throws: `store-address-refused`.
  func permit(_ addresses: [CheckedURL], at location: SourceLocation?) async throws(Diagnostic) {
    for address in addresses where !allowed.contains(address) {
      let shown = address.redacted
      if let ask {
        let answer = answers[address] ?? Task { await ask(shown) }
        answers[address] = answer
        if await answer.value { continue }
      }
      let all = addresses.map(\.redacted).joined(separator: ",")
      throw Diagnostic(
        .error, .storeAddressRefused,
        "the inventory names the store at \(shown), and nothing was sent there: \(Self.variable) does not name it",
        at: location,
        notes: ["an edit of the inventory must not be enough to have the credential of a store sent to another host"],
        help: ["if this is intended, set \(Self.variable)=\(all) where mcpauth runs"])
    }
  }
}
