import MCPAuthCore
import Testing

@Suite struct AuthenticationChallengeTests {
  typealias Challenge = AuthenticationChallenge

  static func bearer(_ parameters: (String, String)...) -> Challenge {
    Challenge(scheme: "bearer", parameters: parameters.map { .init($0.0, $0.1) })
  }

  @Test(
    "Discovery#Challenges, RFC 9110 11.6.1: a field is a list of challenges",
    arguments: [
      Case("a scheme alone", (["Bearer"], [bearer()])),
      Case("any case", (["BEARER Realm=\"x\""], [bearer(("realm", "x"))])),
      Case("tokens and quoted strings", (["Bearer a=b, c=\"d, e\""], [bearer(("a", "b"), ("c", "d, e"))])),
      Case("escapes", ([#"Bearer a="\"b\\""#], [bearer(("a", #""b\"#))])),
      Case("spaces round =", (["Bearer a = b ,\tc\t=\t\"d\""], [bearer(("a", "b"), ("c", "d"))])),
      Case("empty elements", ([" , ,Bearer a=b,, c=d,"], [bearer(("a", "b"), ("c", "d"))])),
      Case(
        "several in a field",
        (
          ["Negotiate, Basic realm=\"x\", Bearer a=b"],
          [
            Challenge(scheme: "negotiate"), Challenge(scheme: "basic", parameters: [.init("realm", "x")]),
            bearer(("a", "b")),
          ]
        )),
      Case(
        "token68",
        (
          ["Negotiate YWJj/+-._~==, Bearer a=b"],
          [Challenge(scheme: "negotiate", token68: "YWJj/+-._~=="), bearer(("a", "b"))]
        )),
      Case("several fields", (["Bearer a=b", "Bearer c=d"], [bearer(("a", "b")), bearer(("c", "d"))])),
      Case("a name twice", (["Bearer a=b, A=c"], [bearer(("a", "b"), ("a", "c"))])),
      Case(
        "RealServers#35: single quotes", (["Bearer a='https://x/y', b=c"], [bearer(("a", "https://x/y"), ("b", "c"))])),
      Case(
        "RealServers#35: no quotes", (["Bearer a=https://x/y?z=1, b=c"], [bearer(("a", "https://x/y?z=1"), ("b", "c"))])
      ),
      Case("no comma between parameters", (["Bearer a=\"b\" c=\"d\""], [bearer(("a", "b"), ("c", "d"))])),
      Case("an empty value", (["Bearer a=\"\", b=c"], [bearer(("a", ""), ("b", "c"))])),
      Case("a lone single quote", (["Bearer a='b, c=d"], [bearer(("a", "'b"), ("c", "d"))])),
      Case("parameters of no scheme", (["a=b, Bearer c=d"], [bearer(("c", "d"))])),
      Case("junk", (["(), ;;\"x, y\" Bearer a=b"], [bearer(("a", "b"))])),
      Case("an unclosed quote takes its parameter along", (["Bearer a=b, c=\"d, e=f"], [bearer(("a", "b"))])),
      Case("NUL and controls are no syntax", (["\u{0}Bearer a=\"\u{0}\u{1b}[2J\""], [bearer(("a", "\u{0}\u{1b}[2J"))])),
      Case("empty", (["", " ", ","], [])),
    ])
  func parse(row: Case<([String], [Challenge])>) {
    #expect(AuthenticationChallenge.parse(row.value.0) == row.value.1)
  }

  @Test(
    "Discovery#Challenges: hostile fields are parsed in finite time, with bounded results",
    arguments: [
      Case("quotes", "\""), Case("single quotes", "a='"), Case("commas", ","), Case("schemes", "a "),
      Case("lists", "a,"),
      Case("parameters", "a=b,"), Case("token68", "a b="), Case("escapes", "\\\""), Case("NUL", "\u{0}"),
      Case("spaces", " "), Case("equals", "="), Case("apostrophes", "'"), Case("wide", "é"), Case("quoted", "a=\"\","),
    ])
  func hostile(row: Case<String>) {
    let field = "Bearer x=y, " + String(repeating: row.value, count: (1 << 20) / row.value.utf8.count)
    let challenges = AuthenticationChallenge.parse([field, field])
    #expect(challenges.count <= 64)
    #expect(challenges.allSatisfy { $0.parameters.count <= 64 })
    #expect(challenges.first?.parameters.first == .init("x", "y"))
  }

  @Test("Discovery#Challenges: resource_metadata and scope are taken from any challenge, each once, in order")
  func findings() {
    let findings = ChallengeFindings(
      AuthenticationChallenge.parse([
        #"Negotiate, DPoP resource_metadata="https://a/1", scope="read  write""#,
        #"Bearer resource_metadata="https://a/2", resource_metadata="https://a/1", scope="write admin", scope="""#,
      ]))
    #expect(findings.resourceMetadata == ["https://a/1", "https://a/2"])
    #expect(findings.scopes == ["read", "write", "admin"])
    #expect(findings.hasBearer)
    let none = ChallengeFindings(AuthenticationChallenge.parse([#"Basic realm="x", resource_metadata="", scope="  ""#]))
    #expect(none.resourceMetadata == [] && none.scopes == nil && !none.hasBearer && !none.isEmpty)
    #expect(ChallengeFindings().isEmpty)
  }
}
