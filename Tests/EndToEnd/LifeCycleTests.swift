import Foundation
import MCPAuthSandbox
import Testing

/// From nothing to a client and back again, through the binary.
@Suite struct LifeCycleTests {
  @Test("product 2: plan writes nothing, apply registers, a second apply sends no request and writes nothing")
  func applyTwice() async throws {
    try await withSandbox { sandbox in
      let place = try Workplace(
        servers: """
          open: {url: "\(sandbox.url("challenge"))"}
          basic: {url: "\(sandbox.url("confidential-basic"))"}
          """)
      let before = try place.snapshot()
      let plan = try await place.run("plan", "--detailed-exitcode")
      #expect(plan.exit == 2, "\(plan.all)")
      #expect(try place.snapshot() == before)
      #expect(sandbox.clients().isEmpty)

      let apply = try await place.run("apply")
      #expect(apply.exit == 0, "\(apply.all)")
      #expect(sandbox.clients().count == 2)
      #expect(try place.entry("basic")["token_endpoint_auth_method"].string == "client_secret_basic")
      #expect(try place.entry("open")["secret_version"].isNull)
      let secret = try #require(try place.record("basic")["client_secret"].string)
      #expect(!apply.all.contains(secret))
      #expect(place.lockText?.contains(secret) == false)

      let after = try place.snapshot()
      sandbox.forgetRequests()
      let again = try await place.run("apply")
      #expect(again.exit == 0, "\(again.all)")
      #expect(sandbox.requests().isEmpty)
      #expect(try place.snapshot() == after)
      let nothing = try await place.run("plan", "--detailed-exitcode")
      #expect(nothing.exit == 0, "\(nothing.all)")
    }
  }
}
