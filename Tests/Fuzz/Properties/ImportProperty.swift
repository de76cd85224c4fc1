@testable import MCPAuthCore
@testable import MCPAuthExport
@testable import MCPAuthPlan

/// Reading a consumer's file: it is refused, or each of its servers can be written into an inventory. The first byte of the input selects the format.
enum ImportProperty {
  static func check(_ bytes: [UInt8]) throws(Violation) {
    guard let first = bytes.first else { return }
    let format = ImportFormat.allCases[Int(first) % ImportFormat.allCases.count]
    let file: ImportedFile
    do throws(Diagnostic) {
      file = try ImportedFile(Array(bytes.dropFirst()), as: format, file: "their file")
    } catch {
      return try DiagnosticProperty.check(error)
    }
    let names = file.servers.map(\.server.name)
    try require(Set(names).count == names.count, "one name twice: \(names)")
    for server in file.leftOut { try checkWords([server.source, server.reason]) }
    for imported in file.servers {
      try checkWords(imported.notes)
      try check(imported)
    }
  }

  private static func check(_ imported: ImportedServer) throws(Violation) {
    let server = imported.server
    try require(ServerName.isValid(server.name) && !server.name.hasPrefix("x-"), "the name \(server.name)")
    for secret in imported.secrets {
      try require(ServerName.isValid(secret.key) && !secret.value.isEmpty, "the key \(secret.key)")
    }
    let lines = InventoryEditor.lines(of: [server])
    let text = "version: 1\nclient: {name: a, redirect_uris: [\"http://127.0.0.1/cb\"]}\n" + lines
    let variables = InventoryVariables(environment: [:])
    switch InventoryReader.read(Array(text.utf8), file: "servers.yaml", variables: variables) {
    case .success(let inventory):
      let read = inventory.servers.first
      try require(read?.name == server.name, "\(server.name) is read as another server")
      try require(server.hasVariables || read?.url == server.url, "the URL is read as another one: \(lines)")
    case .failure(let mistakes):
      // mcpauth leaves such a server out, with the message of the mistake. A key of YAML has at most 1024 characters.
      let isSyntax = mistakes.diagnostics.contains { $0.code == .yamlSyntax }
      try require(!isSyntax || lines.utf8.count > 1000, "the lines are no YAML: \(lines)")
    }
  }

  private static func checkWords(_ words: [String]) throws(Violation) {
    for text in words {
      try require(
        !text.unicodeScalars.contains(where: ForeignText.isHarmful),
        "words that cannot be shown: \(text.debugDescription)")
    }
  }
}
