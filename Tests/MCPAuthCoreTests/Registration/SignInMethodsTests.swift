import Testing

@testable import MCPAuthCore

@Suite struct SignInMethodsTests {
  private static let any = SignInMethods(
    consumer: "any", methods: ["none", "client_secret_basic", "client_secret_post"], prefersBasic: false)
  private static let basicFirst = SignInMethods(
    consumer: "first", methods: ["none", "client_secret_basic", "client_secret_post"], prefersBasic: true)
  private static let body = SignInMethods(
    consumer: "body", methods: ["none", "client_secret_post"], prefersBasic: false)

  @Test(
    "Registration#Authentication-method: the first listed method that every named consumer supports",
    arguments: [
      (["none", "client_secret_basic", "client_secret_post"], [body, basicFirst], "none"),
      (["client_secret_basic", "client_secret_post"], [body], "client_secret_post"),
      (["client_secret_basic", "client_secret_post"], [basicFirst, any], "client_secret_basic"),
      (["client_secret_post"], [body, basicFirst, any], "client_secret_post"),
    ] as [([String], [SignInMethods], String)])
  func chosen(supported: [String], consumers: [SignInMethods], method: String) throws {
    let chosen = try TokenEndpointAuthMethod.forRegistration(
      inventory: nil, supported: supported, consumers: consumers)
    #expect(chosen == method)
  }

  @Test(
    "Registration#Authentication-method: no method that all of them support is an error that lists what each one supports"
  )
  func disagree() {
    let error = #expect(throws: Diagnostic.self) {
      try TokenEndpointAuthMethod.forRegistration(
        inventory: nil, supported: ["client_secret_basic", "client_secret_post"],
        consumers: [Self.body, Self.basicFirst])
    }
    #expect(error?.code == .consumersDisagree)
    #expect(error?.message.hasSuffix("is sent by each of body, first") == true)
    #expect(error?.notes == ["client_secret_basic: first", "client_secret_post: body"])
  }

  @Test("Registration#Refusals: a method that the consumers do not support is never tried")
  func next() {
    let supported = ["none", "client_secret_basic", "client_secret_post"]
    #expect(
      TokenEndpointAuthMethod.next(after: "none", supported: supported, consumers: [Self.body]) == "client_secret_post")
    #expect(
      TokenEndpointAuthMethod.next(after: "client_secret_basic", supported: supported, consumers: [Self.basicFirst])
        == nil)
  }
}
