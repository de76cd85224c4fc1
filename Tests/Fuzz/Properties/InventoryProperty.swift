import MCPAuthCore

@testable import MCPAuthPlan

/// Reading an inventory from bytes: every error has a place in the file, and an accepted inventory has no error.
enum InventoryProperty {
  private static let variables = InventoryVariables(
    environment: [
      "NAME": "token-that-never-expands", "TOKEN": "token-that-never-expands",
      "MCPAUTH_TOKEN": "token-that-never-expands",
    ],
    assignments: [
      "NAME": "value", "EMPTY": "", "PORT": "8765", "HOST": "mcp.example",
      "ODD": "a\"b'c\\d\u{1B}[31m\n\u{202E}e",
    ])

  static func check(_ bytes: [UInt8]) throws(Violation) {
    let lines = FileLines(bytes)
    let result = InventoryReader.read(bytes, file: "servers.yaml", variables: variables)
    let diagnostics: [Diagnostic]
    switch result {
    case .success(let inventory):
      diagnostics = inventory.warnings
      try require(diagnostics.allSatisfy { $0.severity == .warning }, "an error in an inventory that was taken")
      try checkServers(inventory)
    case .failure(let mistakes):
      diagnostics = mistakes.diagnostics
      try require(diagnostics.contains { $0.severity == .error }, "refused without an error")
    }
    for diagnostic in diagnostics {
      try require(!diagnostic.message.isEmpty && diagnostic.message.utf8.count <= 4096, "\(diagnostic.message)")
      try require(
        !DiagnosticProperty.words(of: diagnostic).contains("token-that-never-expands"), "a credential is told")
      try DiagnosticProperty.checkPlace(diagnostic.location, in: lines)
      try require(diagnostic.location?.file == "servers.yaml", "in another file")
    }
    let places = diagnostics.compactMap(\.location)
    try require(
      zip(places, places.dropFirst()).allSatisfy { ($0.line, $0.column) <= ($1.line, $1.column) }, "not in order")
  }

  private static func checkServers(_ inventory: Inventory) throws(Violation) {
    try require(Set(inventory.servers.map(\.name)).count == inventory.servers.count, "one name twice")
    for server in inventory.servers {
      try require(
        (try? CheckedURL(server.url, plaintext: .loopback)) != nil, "a URL that is none: \(server.url)")
      _ = Fingerprint.of(server.json)
    }
  }
}
