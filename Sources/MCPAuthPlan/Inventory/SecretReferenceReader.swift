internal import MCPAuthCore
internal import MCPAuthYAML

/// Secrets are references, never literals (InventoryReference#Values). No part of a literal is put into a message. The range of `inline-secret` is
/// exactly that of the literal, so that code that shows the line masks that range.
extension InventoryContext {
  /// - Parameters:
  ///   - owner: the server's name. The suggested variable name begins with it.
  ///   - use: who gets the secret.
  mutating func secretReference(
    _ entry: YAMLEntry, owner: String, use: ReservedReference.Use = .server
  ) -> SecretReference? {
    switch entry.value.content {
    case .unusable: return nil
    case .mapping(let entries) where entries.isEmpty: break
    case .mapping: return reference(entry, owner: owner, use: use)
    case .scalar(let scalar) where scalar.value == .null: break
    case .scalar, .sequence:
      reportInlineSecret(entry.value, field: entry.name, owner: owner)
      return nil
    }
    report(
      .invalidValue, "'\(entry.name)' takes a reference to a secret\(notA(entry.value))", at: place(entry),
      help: Self.referenceHelp(field: entry.name, owner: owner))
    return nil
  }

  private mutating func reference(
    _ entry: YAMLEntry, owner: String, use: ReservedReference.Use
  ) -> SecretReference? {
    guard let entries = entries(entry.value, called: "'\(entry.name)'", at: place(entry)) else { return nil }
    var known: [(ReferenceKey, YAMLEntry)] = []
    var isWrong = false
    for member in entries {
      if let key = ReferenceKey(rawValue: member.name) {
        known.append((key, member))
      } else {
        isWrong = true
        reportUnknownMember(member, of: entry, owner: owner)
      }
    }
    guard !isWrong else { return nil }
    guard let (key, member) = known.first, known.count == 1 else {
      report(
        .invalidValue, "'\(entry.name)' takes exactly one of env, file and stored", at: place(entry),
        help: Self.referenceHelp(field: entry.name, owner: owner))
      return nil
    }
    switch key {
    case .file:
      guard let path = text(member) else { return nil }
      if let problem = ReservedReference.problem(ofFile: path, for: use) {
        refuse(entry, "a file", at: place(member), problem, help: ["keep the secret in a separate file"])
        return nil
      }
      return .file(path)
    case .env:
      guard let name = name(member, of: entry, owner: owner, isValid: VariableExpansion.isName) else { return nil }
      if let problem = ReservedReference.problem(ofVariable: name, for: use) {
        let other = Self.variable(field: entry.name, owner: owner)
        refuse(
          entry, "the variable \(name)", at: place(member), problem,
          help: ["put the secret into a variable with another name: \(entry.name): {env: \(other)}"])
        return nil
      }
      return .env(name)
    case .stored:
      guard let name = name(member, of: entry, owner: owner, isValid: ServerName.isValid) else { return nil }
      return .stored(name)
    }
  }

  private mutating func refuse(
    _ entry: YAMLEntry, _ source: String, at mark: YAMLMark, _ problem: String, help: [String]
  ) {
    report(
      .referenceRefused, "'\(entry.name)' cannot take its value from \(source): \(problem)", at: mark,
      notes: ["an edit of this file could otherwise send such a value to any server"], help: help)
  }

  /// The name in `env` or `stored`. A value that cannot be a name is treated as the secret itself.
  private mutating func name(
    _ member: YAMLEntry, of entry: YAMLEntry, owner: String, isValid: (String) -> Bool
  ) -> String? {
    guard case .scalar(let scalar) = member.value.content, scalar.value != .null else {
      _ = written(member.value, called: member.name, at: place(member))
      return nil
    }
    guard scalar.value == .string else { return written(member.value, called: member.name, at: place(member)) }
    if isValid(scalar.text) { return scalar.text }
    let what =
      member.name == "env"
      ? "'env' takes the name of a variable, without a '$', and this is not one"
      : "'stored' takes the key of a stored secret, \(ServerName.pattern), and this is not one"
    report(
      .inlineSecret, what, at: place(member), help: Self.referenceHelp(field: entry.name, owner: owner))
    return nil
  }

  private mutating func reportUnknownMember(_ member: YAMLEntry, of entry: YAMLEntry, owner: String) {
    if case .scalar(let scalar) = member.value.content, scalar.value != .null,
      !Self.isSlip(member.name, scalar.text)
    {
      reportInlineSecret(member.value, field: entry.name, owner: owner)
    } else {
      reportUnknown(member, in: "'\(entry.name)'", as: ReferenceKey.self)
    }
  }

  /// Whether a member with an unknown key is a reference: the key is nearly one, or another word for one and the value is no secret.
  private static func isSlip(_ key: String, _ value: String) -> Bool {
    guard NearestName.of(key, in: ReferenceKey.allCases.map(\.rawValue)) == nil else { return true }
    switch ReferenceKey.meant(by: key) {
    case .env: return VariableExpansion.isName(value) && value == value.uppercased()
    case .file: return ["/", "./", "../"].contains(where: value.hasPrefix)
    case .stored, nil: return false
    }
  }

  mutating func reportInlineSecret(_ node: YAMLNode, field: String, owner: String) {
    var help = Self.referenceHelp(field: field, owner: owner)
    if case .scalar(let scalar) = node.content, scalar.text.hasPrefix("${"), scalar.text.hasSuffix("}") {
      help.insert("a variable is written {env: NAME} here, not ${NAME}", at: 0)
    }
    let mark = Self.firstLiteral(of: node).mark
    report(
      .inlineSecret, "'\(field)' takes a reference, and this is the secret itself", at: mark,
      help: help + ["if this file was ever committed, have a new secret issued"])
  }

  /// Reports a bearer token (RFC 6750 section 2.1) in a header for which text is allowed.
  mutating func reportBearerToken(_ entry: YAMLEntry, owner: String) {
    report(
      .inlineSecret, "'\(Self.shown(key: entry.name))' holds a bearer token, and this file must not contain secrets",
      at: place(entry),
      help: Self.referenceHelp(field: entry.name, owner: owner) + [
        "the value of the reference is the whole header: 'Bearer', a space and the token",
        "if this file was ever committed, have a new secret issued",
      ])
  }

  /// Reports the value of a key that has a name for secrets, for any key: lines with mistakes are shown.
  mutating func reportIfLiteral(_ entry: YAMLEntry) {
    guard case .scalar(let scalar) = entry.value.content, scalar.value != .null else { return }
    let name = Self.shown(key: entry.name)
    report(
      .inlineSecret, "'\(name)' looks like the name of a secret, and this file must not contain secrets",
      at: entry.value.mark,
      help: ["write a reference, {env: NAME}, {file: PATH} or {stored: KEY}, at a key that takes one"])
  }

  /// Whether a key's or a header's name is a name for secrets (InventoryReference#Secret-references: `Authorization`, `Cookie`, `…key`, `…token`,
  /// `…secret`).
  static func soundsSecret(_ name: String) -> Bool {
    let lower = name.lowercased()
    return isSecretHeader(lower) || lower.hasSuffix("password") || lower == ReferenceSecrets.statement
  }

  /// The rule for `custom_headers`.
  static func isSecretHeader(_ name: String) -> Bool {
    let lower = name.lowercased()
    return lower == "authorization" || lower == "cookie" || lower.hasSuffix("key") || lower.hasSuffix("token")
      || lower.hasSuffix("secret")
  }

  private static func firstLiteral(of node: YAMLNode) -> YAMLNode {
    if case .sequence(let elements) = node.content, node.mark.endColumn == nil, let first = elements.first {
      return firstLiteral(of: first)
    }
    return node
  }

  /// The owner of the credential of the secret store itself. It is not the name of a server.
  static let storeOwner = "secret store"

  private static func referenceHelp(field: String, owner: String) -> [String] {
    let help = [
      "write \(field): {env: \(variable(field: field, owner: owner))}, and set that variable where mcpauth runs",
      "or keep it in a file that is not committed, and write \(field): {file: PATH}",
    ]
    if owner == storeOwner { return help }
    return help + ["or keep it in the secret store, mcpauth secrets set KEY, and write \(field): {stored: KEY}"]
  }

  private static func variable(field: String, owner: String) -> String {
    SecretVariable.name(field == "value" ? "api-key" : field, of: owner)
  }
}

private enum ReferenceSecrets {
  static let statement = "software_statement"
}
