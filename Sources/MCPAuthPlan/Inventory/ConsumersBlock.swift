internal import MCPAuthCore
internal import MCPAuthYAML

/// The names that an inventory can give under `client.consumers`.
struct ConsumerName: InventoryKey {
  let consumer: Consumer

  static let allCases = Consumer.nameable.map(ConsumerName.init(consumer:))

  init(consumer: Consumer) { self.consumer = consumer }

  init?(rawValue: String) {
    guard let consumer = Consumer(rawValue: rawValue), consumer.isNameable else { return nil }
    self.consumer = consumer
  }

  var rawValue: String { consumer.rawValue }
}

extension InventoryContext {
  /// `client.consumers`: the programs that sign in, each with its port or URL.
  mutating func readConsumers(_ entry: YAMLEntry) -> [ConsumerUse]? {
    guard let fields = fields(entry.value, called: "'consumers'", at: place(entry), as: ConsumerName.self) else {
      return nil
    }
    // If an unknown name were ignored, the list could become empty. Therefore an unknown name makes the block invalid.
    var isRight = true
    if case .mapping(let entries) = entry.value.content {
      isRight = entries.allSatisfy { $0.name.hasPrefix("x-") || ConsumerName(rawValue: $0.name) != nil }
    }
    let uses = fields.present.map { name, entry -> ConsumerUse in
      guard let use = consumer(name.consumer, entry) else {
        isRight = false
        return ConsumerUse(name.consumer)
      }
      return use
    }
    return isRight ? uses : nil
  }

  private mutating func consumer(_ consumer: Consumer, _ entry: YAMLEntry) -> ConsumerUse? {
    let redirect = consumer.facts.redirect.value
    let isNull = if case .scalar(let scalar) = entry.value.content { scalar.value == .null } else { false }
    guard !isNull || redirect.needs != nil else { return ConsumerUse(consumer) }
    guard !isNull else { return missing(redirect.needs, of: consumer, at: entry.mark) }
    guard
      let fields = fields(entry.value, called: "'\(consumer.rawValue)'", at: place(entry), as: ConsumerKey.self)
    else { return nil }
    for (key, entry) in fields.present where !redirect.keys.contains(key) {
      report(
        .unknownKey, "'\(consumer.rawValue)' does not have the key \(key.rawValue)", at: entry.mark,
        help: redirect.keys.map { "its key is \($0.rawValue)" })
      return nil
    }
    var use = ConsumerUse(consumer)
    if let entry = fields[.callbackPort] {
      guard let port = integer(entry, atLeast: 1) else { return nil }
      guard port <= 65_535 else {
        return wrong(entry, "'callback_port' is over 65535")
      }
      use.port = port
    }
    if let entry = fields[.url] {
      guard let url = url(entry) else { return nil }
      use.url = url.text.hasSuffix("/") ? String(url.text.dropLast()) : url.text
    }
    if let needed = redirect.needs, fields[needed] == nil { return missing(needed, of: consumer, at: entry.mark) }
    return use
  }

  private mutating func missing(_ key: ConsumerKey?, of consumer: Consumer, at mark: YAMLMark) -> ConsumerUse? {
    let stub = key == .url ? "{url: https://…}" : "{callback_port: 33418}"
    let why =
      key == .url ? "the address of its installation" : "the port on which it listens for the redirects of its users"
    report(
      .missingKey, "'\(consumer.rawValue)' needs \(key?.rawValue ?? "")", at: mark,
      help: ["write \(consumer.rawValue): \(stub), \(why)"])
    return nil
  }

  /// `consumers` of an `oauth2` block: some of the consumers that the `client` block names, or none.
  mutating func consumerNames(_ entry: YAMLEntry) -> [ConsumerName]? {
    guard let elements = list(entry) else { return nil }
    return all(elements) { context, element in
      let mark = context.place(element, in: entry)
      guard let text = context.text(element, called: entry.name, at: mark) else { return nil }
      guard let name = ConsumerName(rawValue: text) else {
        let names = ConsumerName.allCases.map(\.rawValue)
        context.report(
          .invalidValue, "'\(Self.shown(key: text))' is not a known consumer", at: mark,
          help: NearestName.of(text, in: names).map { ["did you mean '\($0)'?"] }
            ?? ["known consumers are \(names.sorted().joined(separator: ", "))"])
        return nil
      }
      return name
    }
  }
}

extension ServersReader {
  /// The settings of a consumer are in the `client` block only. A server can only name consumers of that block.
  func checkConsumers(_ merged: MergedBlock, of server: String, _ context: inout InventoryContext) {
    guard case .given(let names, _, let place) = merged.block.consumers else { return }
    if case .wrong = client?.consumers { return }
    let known = client?.consumers.value ?? []
    let server = InventoryContext.shown(key: server)
    for name in names where !known.contains(where: { $0.consumer == name.consumer }) {
      context.report(
        .invalidValue, "'\(server)' names the consumer '\(name.rawValue)', which is not in client.consumers", at: place,
        help: ["add it there: client: {consumers: {\(name.rawValue): …}}"])
    }
  }

  /// If the inventory gives a method, each consumer must support it.
  func checkMethods(_ merged: MergedBlock, of server: String, _ context: inout InventoryContext) {
    guard case .given(let method, _, let place) = merged.block.tokenEndpointAuthMethod else { return }
    let others = merged.consumers.filter { !$0.consumer.facts.methods.value.methods.contains(method) }
    guard !others.isEmpty else { return }
    let server = InventoryContext.shown(key: server)
    context.report(
      .consumersDisagree,
      "'\(server)' has token_endpoint_auth_method \(method), which \(others.map(\.consumer.rawValue).joined(separator: ", ")) "
        + (others.count == 1 ? "does" : "do") + " not send",
      at: place,
      help: [
        "leave token_endpoint_auth_method out to have one chosen that each consumer sends",
        "or name only consumers that send it, as consumers: [NAME] in the same block",
      ])
  }
}
