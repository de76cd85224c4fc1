internal import MCPAuthCore
internal import MCPAuthYAML

extension InventoryContext {
  /// `allow_private`: networks, addresses or host names (InventoryReference#Network).
  mutating func privateHosts(_ entry: YAMLEntry) -> [String]? {
    guard let elements = list(entry) else { return nil }
    return all(elements) { context, element in
      let mark = context.place(element, in: entry)
      guard let text = context.text(element, called: entry.name, at: mark) else { return nil }
      if PrivateHost.isValid(text) { return text }
      context.report(
        .invalidValue, "'\(entry.name)' takes networks, addresses and host names, and this is none of them", at: mark,
        help: ["write 10.0.0.0/8, fd00::/8, 10.1.2.3 or keycloak.internal"])
      return nil
    }
  }

  /// A current or former name of a server. It is never expanded.
  mutating func serverName(_ entry: YAMLEntry) -> String? {
    guard let name = written(entry.value, called: entry.name, at: place(entry)) else { return nil }
    if ServerName.isValid(name), !name.hasPrefix("x-") { return name }
    return wrong(entry, "'\(entry.name)' takes a server's name, \(ServerName.pattern)")
  }
}

/// The syntax of one element of `allow_private`. What it allows is decided where connections are made.
enum PrivateHost {
  static func isValid(_ text: String) -> Bool {
    guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
      return isIPv4(text[...]) || isIPv6(text[...]) || isHostName(text)
    }
    let address = text[..<slash]
    let bits = text[text.index(after: slash)...]
    guard !bits.isEmpty, bits.utf8.allSatisfy(isDigit), let count = Int(bits) else { return false }
    return isIPv4(address) ? count <= 32 : isIPv6(address) && count <= 128
  }

  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(isDigit) && UInt8(Substring($0)) != nil }
  }

  /// Checks only the characters and the number of groups. The system's parser makes the final decision.
  private static func isIPv6(_ text: Substring) -> Bool {
    let groups = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard (3...9).contains(groups.count) else { return false }
    return groups.enumerated().allSatisfy { index, group in
      if index == groups.count - 1, isIPv4(Substring(group)) { return true }
      return group.count <= 4 && group.allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
    }
  }

  private static func isHostName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard bytes.count <= 253, let last = text.split(separator: ".").last else { return false }
    // A name whose last label has only digits is an invalid address, not a host name (RFC 1123 section 2.1).
    guard !last.utf8.allSatisfy(isDigit) else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.utf8.allSatisfy { VariableExpansion.isNameByte($0) || $0 == UInt8(ascii: "-") }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
