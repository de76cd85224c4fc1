internal import MCPAuthCore
internal import MCPAuthYAML

/// An `oauth2` block, or the keys of one in `defaults`. It does not change after it was read.
final class OAuth2Block {
  enum ResourceMetadata {
    case url(WrittenURL)
    case none
  }

  var clientID = Setting<String>.absent
  var clientSecret = Setting<SecretReference>.absent
  var authorizationEndpoint = Setting<WrittenURL>.absent
  var tokenEndpoint = Setting<WrittenURL>.absent
  var revocationEndpoint = Setting<WrittenURL>.absent
  var scopes = Setting<[String]>.absent
  var registration = Setting<RegistrationStrategy>.absent
  var tokenEndpointAuthMethod = Setting<String>.absent
  var issuer = Setting<WrittenURL>.absent
  var metadataURL = Setting<WrittenURL>.absent
  var registrationEndpoint = Setting<WrittenURL>.absent
  var resourceMetadata = Setting<ResourceMetadata>.absent
  var resource = Setting<WrittenURL>.absent
  var redirectURIs = Setting<RedirectURIs>.absent
  var clientName = Setting<String>.absent
  var applicationType = Setting<ApplicationType>.absent
  var initialAccessToken = Setting<SecretReference>.absent
  var softwareStatement = Setting<SecretReference>.absent
  var pkce = Setting<OAuth2Settings.PKCE>.absent
  var renewBefore = Setting<Int>.absent
  var renew = Setting<OAuth2Settings.Renew>.absent
  var generation = Setting<Int>.absent
  var consumers = Setting<[ConsumerName]>.absent
  /// The position of each written key, also of keys with the value null, by path.
  private(set) var keys: [(key: OAuth2Key, mark: YAMLMark, isNull: Bool)] = []

  /// - Parameter owner: the server's name; nil in `defaults`, where neither null nor a secret is allowed.
  func read(_ key: OAuth2Key, _ entry: YAMLEntry, owner: String?, _ context: inout InventoryContext) {
    let isNull = if case .scalar(let scalar) = entry.value.content { scalar.value == .null } else { false }
    keys.append((key, entry.mark, isNull && owner != nil))
    let null = owner != nil
    switch key {
    case .clientID: clientID = context.setting(entry, canUnset: null) { $0.text($1) }
    case .authorizationEndpoint: authorizationEndpoint = context.setting(entry, canUnset: null) { $0.url($1) }
    case .tokenEndpoint: tokenEndpoint = context.setting(entry, canUnset: null) { $0.url($1) }
    case .revocationEndpoint: revocationEndpoint = context.setting(entry, canUnset: null) { $0.url($1) }
    case .scopes: scopes = context.setting(entry, canUnset: null) { $0.scopes($1) }
    case .registration:
      registration = context.setting(entry, canUnset: null) { $0.choice($1, RegistrationStrategy.self) }
    case .tokenEndpointAuthMethod:
      tokenEndpointAuthMethod = context.setting(entry, canUnset: null) { context, entry in
        context.choice(
          entry, among: [TokenEndpointAuthMethod.none, TokenEndpointAuthMethod.basic, TokenEndpointAuthMethod.post])
      }
    case .issuer: issuer = context.setting(entry, canUnset: null) { $0.url($1) }
    case .metadataURL: metadataURL = context.setting(entry, canUnset: null) { $0.url($1) }
    case .registrationEndpoint: registrationEndpoint = context.setting(entry, canUnset: null) { $0.url($1) }
    case .resourceMetadataURL:
      resourceMetadata = context.setting(entry, canUnset: null) { $0.resourceMetadata($1) }
    case .resource: resource = context.setting(entry, canUnset: null) { $0.url($1) }
    case .redirectURIs: redirectURIs = context.setting(entry, canUnset: null) { $0.redirectURIs($1) }
    case .clientName: clientName = context.setting(entry, canUnset: null) { $0.text($1) }
    case .applicationType:
      applicationType = context.setting(entry, canUnset: null) { $0.choice($1, ApplicationType.self) }
    case .pkce: pkce = context.setting(entry, canUnset: null) { $0.choice($1, OAuth2Settings.PKCE.self) }
    case .renewBefore: renewBefore = context.setting(entry, canUnset: null) { $0.duration($1) }
    case .renew: renew = context.setting(entry, canUnset: null) { $0.choice($1, OAuth2Settings.Renew.self) }
    case .generation: generation = context.setting(entry, canUnset: null) { $0.integer($1, atLeast: 0) }
    case .consumers: consumers = context.setting(entry, canUnset: null) { $0.consumerNames($1) }
    case .clientSecret: clientSecret = secret(entry, owner, &context)
    case .initialAccessToken: initialAccessToken = secret(entry, owner, &context)
    case .softwareStatement: softwareStatement = secret(entry, owner, &context)
    }
  }

  private func secret(
    _ entry: YAMLEntry, _ owner: String?, _ context: inout InventoryContext
  ) -> Setting<SecretReference> {
    context.setting(entry, canUnset: false) { $0.secretReference($1, owner: owner ?? "mcp") }
  }

  /// Merges `defaults` into this block: a default applies where this block gives no value. Secrets have no defaults.
  func over(_ defaults: OAuth2Block) -> OAuth2Block {
    let block = OAuth2Block()
    block.clientSecret = clientSecret
    block.initialAccessToken = initialAccessToken
    block.softwareStatement = softwareStatement
    block.clientID = clientID.over(defaults.clientID)
    block.authorizationEndpoint = authorizationEndpoint.over(defaults.authorizationEndpoint)
    block.tokenEndpoint = tokenEndpoint.over(defaults.tokenEndpoint)
    block.revocationEndpoint = revocationEndpoint.over(defaults.revocationEndpoint)
    block.scopes = scopes.over(defaults.scopes)
    block.registration = registration.over(defaults.registration)
    block.tokenEndpointAuthMethod = tokenEndpointAuthMethod.over(defaults.tokenEndpointAuthMethod)
    block.issuer = issuer.over(defaults.issuer)
    block.metadataURL = metadataURL.over(defaults.metadataURL)
    block.registrationEndpoint = registrationEndpoint.over(defaults.registrationEndpoint)
    block.resourceMetadata = resourceMetadata.over(defaults.resourceMetadata)
    block.resource = resource.over(defaults.resource)
    block.redirectURIs = redirectURIs.over(defaults.redirectURIs)
    block.clientName = clientName.over(defaults.clientName)
    block.applicationType = applicationType.over(defaults.applicationType)
    block.pkce = pkce.over(defaults.pkce)
    block.renewBefore = renewBefore.over(defaults.renewBefore)
    block.renew = renew.over(defaults.renew)
    block.generation = generation.over(defaults.generation)
    block.consumers = consumers.over(defaults.consumers)
    block.keys = keys + defaults.keys.filter { key in !keys.contains { $0.key == key.key } }
    return block
  }

  /// The URLs with http that mcpauth requests, or that the users' programs get.
  var plaintextURLs: [(key: OAuth2Key, place: YAMLMark)] {
    var found: [(key: OAuth2Key, place: YAMLMark)] = []
    func add(_ key: OAuth2Key, _ setting: Setting<WrittenURL>) {
      guard case .given(let url, _, let place) = setting, !url.checked.isSecure else { return }
      found.append((key, place))
    }
    add(.authorizationEndpoint, authorizationEndpoint)
    add(.tokenEndpoint, tokenEndpoint)
    add(.revocationEndpoint, revocationEndpoint)
    add(.issuer, issuer)
    add(.metadataURL, metadataURL)
    add(.registrationEndpoint, registrationEndpoint)
    if case .given(.url(let url), let key, let place) = resourceMetadata {
      add(.resourceMetadataURL, .given(url, key: key, at: place))
    }
    add(.resource, resource)
    return found
  }

  /// All settings except `client` and `consumers`.
  var settings: OAuth2Settings {
    var settings = OAuth2Settings()
    settings.clientID = clientID.value
    settings.clientSecret = clientSecret.value
    settings.authorizationEndpoint = authorizationEndpoint.value?.text
    settings.tokenEndpoint = tokenEndpoint.value?.text
    settings.revocationEndpoint = revocationEndpoint.value?.text
    settings.scopes = scopes.value
    settings.registration = registration.value ?? .auto
    settings.tokenEndpointAuthMethod = tokenEndpointAuthMethod.value
    settings.issuer = issuer.value?.text
    settings.metadataURL = metadataURL.value?.text
    settings.registrationEndpoint = registrationEndpoint.value?.text
    switch resourceMetadata.value {
    case nil: settings.resourceMetadata = .discovered
    case .url(let url): settings.resourceMetadata = .url(url.text)
    case .some(.none): settings.resourceMetadata = .none
    }
    settings.resource = resource.value?.text
    settings.initialAccessToken = initialAccessToken.value
    settings.softwareStatement = softwareStatement.value
    settings.pkce = pkce.value ?? .required
    settings.renewBefore = renewBefore.value
    settings.renew = renew.value ?? .auto
    settings.generation = generation.value ?? 0
    return settings
  }
}

extension InventoryContext {
  fileprivate mutating func resourceMetadata(_ entry: YAMLEntry) -> OAuth2Block.ResourceMetadata? {
    if case .scalar(let scalar) = entry.value.content, scalar.text == "none" {
      return OAuth2Block.ResourceMetadata.none
    }
    return url(entry).map(OAuth2Block.ResourceMetadata.url)
  }

  /// A list, or one string separated by spaces; empty: send no scope.
  fileprivate mutating func scopes(_ entry: YAMLEntry) -> [String]? {
    let mark = place(entry)
    if case .scalar = entry.value.content {
      guard let written = written(entry.value, called: entry.name, at: mark), let text = expanded(written, at: mark)
      else { return nil }
      let scopes = text.split(separator: " ").map(String.init)
      // A scope may contain a comma (RFC 6749 section 3.3). In one text it is nearly always meant as a separator.
      if text.utf8.contains(UInt8(ascii: ",")) {
        let parts = text == written ? text.split { $0 == " " || $0 == "," } : []
        let list = parts.map { "\"\($0)\"" }.joined(separator: ", ")
        let isShort = !parts.isEmpty && parts.count <= 20 && ValueHints.quoted(YAMLScalar(text)) != nil
        report(
          .invalidValue, "'\(entry.name)' is separated by spaces, and this text has a comma", at: mark,
          help: [
            "write \(entry.name): [\(isShort ? list : "one, another")]",
            "write a scope that contains a comma as an element of a list",
          ])
        return nil
      }
      return scopes.allSatisfy({ scope(isValid: $0, at: mark) }) ? scopes : nil
    }
    guard case .sequence(let elements) = entry.value.content else {
      return wrong(entry, "'\(entry.name)' takes a list, or one space-separated text\(notA(entry.value))")
    }
    return all(elements) { context, element in
      let mark = context.place(element, in: entry)
      guard let text = context.text(element, called: entry.name, at: mark), context.scope(isValid: text, at: mark)
      else {
        return nil
      }
      return text
    }
  }

  /// RFC 6749 section 3.3
  private mutating func scope(isValid text: String, at mark: YAMLMark) -> Bool {
    if text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) { return true }
    report(
      .invalidValue, "a scope is printable ASCII without spaces, double quotes and backslashes", at: mark,
      help: text.utf8.contains(0x20) ? ["write one scope per element"] : [])
    return false
  }
}
