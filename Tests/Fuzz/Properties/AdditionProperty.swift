@testable import MCPAuthCore
@testable import MCPAuthExport
@testable import MCPAuthPlan

/// Adding servers to the text of an inventory: it is refused, or the result is the same inventory with these servers.
enum AdditionProperty {
  private static let added = [
    NewServer("added-1", url: "https://added.example/a?b=$c", .none),
    NewServer(
      "added-2", url: "https://added.example/2", .headers([(name: "X-A", value: .literal("a: #{b}, \"c\" '$D'"))])),
  ]

  static func check(_ bytes: [UInt8]) throws(Violation) {
    let edited: [UInt8]
    do throws(Diagnostic) {
      edited = try InventoryEditor(bytes, file: "servers.yaml").adding(added)
    } catch {
      return try DiagnosticProperty.check(error)
    }
    guard case .success(let old) = read(bytes) else { return }
    let text = String(decoding: edited, as: UTF8.self).debugDescription
    guard case .success(let new) = read(edited) else { throw Violation("the result is invalid: \(text)") }
    try require(new.servers.count == old.servers.count + added.count, "\(new.servers.count) servers in \(text)")
    for server in old.servers {
      let kept = new.servers.first { $0.name == server.name }
      try require(kept?.url == server.url && kept?.mode == server.mode, "\(server.name) changed in \(text)")
    }
    for server in added {
      let found = new.servers.first { $0.name == server.name }
      try require(found?.url == server.url, "\(server.name) is not as it was given in \(text)")
    }
  }

  private static func read(_ bytes: [UInt8]) -> Result<Inventory, InventoryMistakes> {
    InventoryReader.read(bytes, file: "servers.yaml", variables: InventoryVariables(environment: [:]))
  }
}
