import Testing

@testable import MCPAuthCore

@Suite struct ChallengeRoundTripTests {
  @Test("RFC 9110 section 11.6.1: challenges are read as equal in every valid notation", arguments: 0..<200)
  func spellings(_ seed: Int) {
    var dice = Dice(seed)
    let challenges = (0..<dice.number(1..<6)).map { _ in Self.challenge(&dice) }
    let fields = Self.fields(challenges, &dice)
    #expect(AuthenticationChallenge.parse(fields) == challenges, "\(fields)")
  }

  private static func challenge(_ dice: inout Dice) -> AuthenticationChallenge {
    let scheme = dice.token().lowercased()
    switch dice.number(0..<5) {
    case 0: return AuthenticationChallenge(scheme: scheme)
    case 1: return AuthenticationChallenge(scheme: scheme, token68: dice.one(of: ["YIIabc+/==", "a", "~._-", "0="]))
    default:
      let parameters = (0..<dice.number(1..<5)).map { _ in
        AuthenticationChallenge.Parameter(
          dice.one(of: ["resource_metadata", "scope", "realm", dice.token().lowercased()]), value(&dice))
      }
      return AuthenticationChallenge(scheme: scheme, parameters: parameters)
    }
  }

  /// A header field contains no line end.
  private static func value(_ dice: inout Dice) -> String {
    dice.maybe() ? dice.token() : dice.text().filter { !$0.isNewline }
  }

  /// In one or several fields, each with whole challenges, with spaces and empty elements wherever the grammar allows them.
  private static func fields(_ challenges: [AuthenticationChallenge], _ dice: inout Dice) -> [String] {
    var fields: [String] = []
    for challenge in challenges {
      let text = text(challenge, &dice)
      if let last = fields.last, dice.maybe() {
        fields[fields.count - 1] = last + separator(&dice) + text
      } else {
        fields.append((dice.maybe(4) ? separator(&dice) : "") + text + (dice.maybe(4) ? separator(&dice) : ""))
      }
    }
    return fields
  }

  private static func text(_ challenge: AuthenticationChallenge, _ dice: inout Dice) -> String {
    var text = cased(challenge.scheme, &dice)
    if let token = challenge.token68 { text += spaces(1..<3, &dice) + token }
    var parts: [String] = []
    for parameter in challenge.parameters {
      let bad = " ,\t'".unicodeScalars
      let isToken =
        !parameter.value.isEmpty
        && parameter.value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        && !parameter.value.unicodeScalars.contains(where: bad.contains)
      parts.append(
        cased(parameter.name, &dice) + spaces(0..<2, &dice) + "=" + spaces(0..<2, &dice)
          + (isToken && dice.maybe() ? parameter.value : quoted(parameter.value, &dice)))
    }
    guard var joined = parts.first else { return text }
    for part in parts.dropFirst() { joined += separator(&dice) + part }
    return text + spaces(1..<3, &dice) + joined
  }

  /// A `quoted-string`, in which characters are also escaped without need.
  private static func quoted(_ value: String, _ dice: inout Dice) -> String {
    var out = "\""
    for scalar in value.unicodeScalars {
      if scalar == "\"" || scalar == "\\" || scalar.isASCII && dice.maybe(6) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out + "\""
  }

  private static func cased(_ text: String, _ dice: inout Dice) -> String {
    String(text.map { dice.maybe() ? Character($0.uppercased()) : $0 })
  }

  private static func separator(_ dice: inout Dice) -> String {
    spaces(0..<2, &dice) + dice.one(of: [",", ",", ",,", ", ,"]) + spaces(0..<3, &dice)
  }

  private static func spaces(_ count: Range<Int>, _ dice: inout Dice) -> String {
    String((0..<dice.number(count)).map { _ in dice.one(of: [" ", " ", "\t"]) })
  }
}
