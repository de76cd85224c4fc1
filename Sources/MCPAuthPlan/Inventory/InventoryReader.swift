package import MCPAuthCore
internal import MCPAuthYAML

/// All mistakes in an inventory, in the order of the lines, with its warnings.
package struct InventoryMistakes: Error, Sendable, Equatable {
  /// At least one of them is an error.
  package var diagnostics: [Diagnostic]

  package init(diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics
  }
}

/// Reads an inventory (InventoryReference#Document): converts the text to a typed model, and reports all mistakes of the file in one run.
package enum InventoryReader {
  /// - Parameters:
  ///   - bytes: the content of the whole file.
  ///   - file: its path as the user gave it, for messages.
  ///   - variables: the values for `${NAME}`.
  package static func read(
    _ bytes: [UInt8], file: String, variables: InventoryVariables
  ) -> Result<Inventory, InventoryMistakes> {
    let document = YAMLReader.read(bytes)
    var context = InventoryContext(file: file, variables: variables)
    // Split only once: there may be as many problems as lines.
    let lines = document.problems.isEmpty ? [] : bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    var shown: Set<Int> = []
    for problem in document.problems {
      context.report(problem)
      // All problems may be on one line.
      guard shown.insert(problem.mark.line).inserted else { continue }
      context.reportLiterals(onLine: problem.mark.line, of: lines)
    }
    var inventory = Inventory(file: file)
    if let root = document.root {
      context.readInventory(root, into: &inventory)
    } else if document.problems.isEmpty {
      context.reportEmptyFile()
    }
    let diagnostics = context.sortedDiagnostics
    guard diagnostics.allSatisfy({ $0.severity == .warning }) else {
      return .failure(InventoryMistakes(diagnostics: diagnostics))
    }
    inventory.warnings = diagnostics
    return .success(inventory)
  }
}

extension InventoryContext {
  fileprivate mutating func reportEmptyFile() {
    report(
      .missingKey, "the file is empty: 'version' and 'servers' are missing", at: YAMLMark(line: 1, column: 1),
      help: [
        "remove it, and make an inventory: mcpauth init",
        "or write 'version: 1' and your servers under 'servers:'; examples/servers.yaml is one to start from",
      ])
  }

  fileprivate mutating func readInventory(_ root: YAMLNode, into inventory: inout Inventory) {
    if case .scalar(let scalar) = root.content, scalar.value == .null { return reportEmptyFile() }
    guard let fields = fields(root, called: "the inventory", at: root.mark, as: RootKey.self) else { return }
    readVersion(fields[.version], root)
    let client = fields[.client].flatMap { readClient($0) }
    inventory.client = client?.metadata
    let defaults = fields[.defaults].flatMap { readDefaults($0) }
    inventory.network = readNetwork(fields[.network])
    inventory.state = readState(fields[.state])
    inventory.secrets = readSecrets(fields[.secrets])
    checkStores(
      inventory.state, inventory.secrets, stateEntry: fields[.state], secretsEntry: fields[.secrets])
    guard let servers = fields[.servers] else {
      report(
        .missingKey, "'servers' is missing", at: root.mark,
        help: ["list the MCP servers by name: servers: {linear: {url: https://mcp.linear.app/mcp}}"])
      return
    }
    var reader = ServersReader(client: client, clientEntry: fields[.client], defaults: defaults)
    inventory.servers = reader.read(servers, &self)
  }

  private mutating func readVersion(_ entry: YAMLEntry?, _ root: YAMLNode) {
    guard let entry else {
      report(.missingKey, "'version' is missing", at: root.mark, help: ["begin the file with 'version: 1'"])
      return
    }
    if case .unusable = entry.value.content { return }
    if case .scalar(let scalar) = entry.value.content, scalar.value == .integer(1) { return }
    report(
      .invalidValue, "this 'version' of the format is not supported", at: place(entry), help: ["write 'version: 1'"])
  }
}
