import MCPAuthCore
import Testing

@testable import struct MCPAuthCore.EffectiveAuthMethod

@Suite struct EffectiveAuthMethodTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var answered: String?
    var hasSecret: Bool
    var asked = "none"
    var isInventorys = false
    var supported: [String]? = ["none", "client_secret_basic", "client_secret_post"]
    var expected: Result<String, EffectiveAuthMethod.Problem>
    var warns = false
    var testDescription: String { name }
  }

  static let basic = "client_secret_basic"
  static let post = "client_secret_post"

  @Test(
    "Registration#Answers: the effective-method table, row by row",
    arguments: [
      Row(name: "known, none", answered: "none", hasSecret: false, expected: .success("none")),
      Row(name: "known, basic", answered: basic, hasSecret: true, asked: basic, expected: .success(basic)),
      Row(
        name: "known, another than asked", answered: post, hasSecret: true, asked: basic, expected: .success(post),
        warns: true),
      Row(
        name: "known, not in L", answered: post, hasSecret: true, asked: basic, supported: [basic],
        expected: .success(post), warns: true),
      Row(
        name: "RealServers#74: a secret method asked, none and no secret returned", answered: "none", hasSecret: false,
        asked: basic, isInventorys: true, expected: .success("none"), warns: true),
      Row(
        name: "any, given, the inventory asked", answered: nil, hasSecret: true, asked: post, isInventorys: true,
        expected: .success(post)),
      Row(
        name: "any (basic), given, the inventory asked post", answered: basic, hasSecret: true, asked: post,
        isInventorys: true, expected: .success(post), warns: true),
      Row(
        name: "any (none), given, the inventory asked post", answered: "none", hasSecret: true, asked: post,
        isInventorys: true, expected: .success(post), warns: true),
      Row(name: "none, given", answered: "none", hasSecret: true, expected: .success("none"), warns: true),
      Row(
        name: "RealServers#54: needs a secret, none", answered: post, hasSecret: false, asked: post,
        expected: .failure(.noSecret(method: post))),
      Row(
        name: "needs a secret, none, the inventory asked", answered: basic, hasSecret: false, asked: basic,
        isInventorys: true, expected: .failure(.noSecret(method: basic))),
      Row(name: "left out, given, asked post", answered: nil, hasSecret: true, asked: post, expected: .success(post)),
      Row(name: "left out, given, L lists none", answered: nil, hasSecret: true, expected: .success("none")),
      Row(
        name: "RealServers#47: left out, given, L lists post only", answered: nil, hasSecret: true, supported: [post],
        expected: .success(post)),
      Row(
        name: "left out, given, L lists post and basic", answered: nil, hasSecret: true, supported: [post, basic],
        expected: .success(basic)),
      Row(
        name: "left out, given, L lists neither", answered: nil, hasSecret: true, supported: ["private_key_jwt"],
        expected: .failure(.unsupported("private_key_jwt"))),
      Row(
        name: "left out, given, no L", answered: nil, hasSecret: true, supported: nil, expected: .success(basic),
        warns: true),
      Row(name: "left out, none", answered: nil, hasSecret: false, expected: .success("none")),
      Row(
        name: "left out, none, asked basic", answered: nil, hasSecret: false, asked: basic, expected: .success("none")),
      Row(
        name: "private_key_jwt", answered: "private_key_jwt", hasSecret: false,
        expected: .failure(.unsupported("private_key_jwt"))),
      Row(
        name: "tls_client_auth", answered: "tls_client_auth", hasSecret: true,
        expected: .failure(.unsupported("tls_client_auth"))),
      Row(
        name: "other", answered: "magic\u{1B}[0m", hasSecret: true, expected: .failure(.unsupported("magic [0m"))),
    ])
  func table(row: Row) {
    let decided = Result { () throws(EffectiveAuthMethod.Problem) in
      try EffectiveAuthMethod.decide(
        answered: row.answered, hasSecret: row.hasSecret, asked: row.asked, isInventorys: row.isInventorys,
        supported: row.supported)
    }
    #expect(decided.map(\.method) == row.expected)
    #expect(decided.value?.alternatives.contains(decided.value?.method ?? "") != true)
    #expect((decided.value?.oddities.isEmpty ?? true) == !row.warns)
  }

  @Test(
    "Registration#Method-left-open: the other methods that can be meant, the most likely first",
    arguments: [
      // The answer confirms the method, there is no secret, or there is only one method.
      (basic, true, basic, ["none", basic, post], []), (nil, false, "none", ["none", basic, post], []),
      (nil, true, "none", [post], []), ("none", true, "none", ["none"], []),
      // Left out.
      (nil, true, "none", ["none", basic, post], [basic, post]), (nil, true, "none", nil, [post, "none"]),
      (nil, true, "none", [basic, post], [post, "none"]), (nil, true, basic, [basic, post], [post]),
      // `none` with a secret, and another method than the one asked for.
      ("none", true, "none", ["none", basic], [basic]), (post, true, basic, [basic, post], [basic]),
      (basic, true, "none", ["none", post], [post, "none"]),
    ] as [(String?, Bool, String, [String]?, [String])])
  func alternatives(
    answered: String?, hasSecret: Bool, asked: String, supported: [String]?, expected: [String]
  ) throws {
    let decided = try EffectiveAuthMethod.decide(
      answered: answered, hasSecret: hasSecret, asked: asked, isInventorys: false, supported: supported)
    #expect(decided.alternatives == expected)
  }
}
