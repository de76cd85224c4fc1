import Foundation
import MCPAuthSandbox
import Testing

/// Addresses of stores that an inventory names (SecretStores#Addresses). Nothing answers there: a request fails at once.
@Suite struct StoreAddressTests {
  private static let question = "send the credential there? only 'yes' is accepted: "
  private static let address = "http://127.0.0.1:1"

  private func withStore(_ body: (_ place: Workplace, Sandbox) async throws -> Void) async throws {
    try await withSandbox(.init(kinds: ["confidential-basic"])) { sandbox in
      let place = try Workplace(
        servers: "s: {url: \"\(sandbox.url("confidential-basic"))\"}",
        head: "secrets: {store: kv2, address: \"\(Self.address)\", path: a, auth: {token: {env: BAO_TOKEN}}}")
      try await body(place, sandbox)
    }
  }

  @Test(
    "SecretStores#Addresses: nothing is sent to an address that the environment does not name, and nothing is registered"
  )
  func refused() async throws {
    try await withStore { place, sandbox in
      for addresses in ["", "http://127.0.0.1:2", "127.0.0.1:1"] {
        let environment = ["MCPAUTH_STORE_ADDRESSES": addresses, "BAO_TOKEN": "s3cret-token"]
        for command in [["plan"], ["apply"], ["secrets", "list"]] {
          let run = try await place.run(command, environment: environment)
          #expect(run.exit == 1, "\(run.all)")
          #expect(run.all.contains("error[store-address-refused]"), "\(run.all)")
          #expect(run.all.contains("servers.yaml:2:"), "\(run.all)")
          #expect(run.all.contains("MCPAUTH_STORE_ADDRESSES=\(Self.address)"))
        }
      }
      #expect(sandbox.registrations("confidential-basic") == 0)
      #expect(place.lockText == nil)
    }
  }

  @Test("SecretStores#KV2: a server that does not answer is store-failed before the first registration")
  func unreachable() async throws {
    try await withStore { place, sandbox in
      let environment = ["MCPAUTH_STORE_ADDRESSES": Self.address, "BAO_TOKEN": "s3cret-token"]
      let run = try await place.run("apply", environment: environment)
      #expect(run.exit == 1, "\(run.all)")
      #expect(run.all.contains("error[store-failed]") && !run.all.contains("s3cret"), "\(run.all)")
      let missing = try await place.run("plan", environment: ["MCPAUTH_STORE_ADDRESSES": Self.address])
      #expect(missing.all.contains("the environment variable 'BAO_TOKEN' is not set"), "\(missing.all)")
      #expect(sandbox.registrations("confidential-basic") == 0)
    }
  }

  @Test("SecretStores#Addresses: validate sends nothing, and needs no permission")
  func validate() async throws {
    try await withStore { place, _ in
      let run = try await place.run("validate")
      #expect(run.exit == 0, "\(run.all)")
    }
  }

  @Test("SecretStores#Addresses: on a terminal the person is asked once per run", arguments: ["yes\n", "no\n"])
  func asked(_ answer: String) async throws {
    try await withStore { place, _ in
      let session = try await Terminal.run(
        place, ["plan"], [.init(wait: Self.question, send: answer)], environment: ["BAO_TOKEN": "s3cret-token"])
      #expect(session.shown.components(separatedBy: Self.question).count == 2, "\(session.shown)")
      #expect(session.shown.contains("'\(Self.address)'"))
      #expect(session.exit == 1, "\(session.shown)")
      #expect(session.shown.contains("error[store-address-refused]") == (answer == "no\n"))
      #expect(session.shown.contains("error[store-failed]") == (answer == "yes\n"))
    }
  }
}
