import MCPAuthCore
import MCPAuthPlan

/// A client block with the minimum for a registration.
let clientBlock = """
  client:
    name: Acme
    redirect_uris: ["https://acme.dev/{server}/cb"]

  """

/// - Parameter variables: the values of `${NAME}`, by names without the prefix.
func read(_ text: String, variables: [String: String] = [:]) -> Result<Inventory, InventoryMistakes> {
  InventoryReader.read(
    Array(text.utf8), file: "servers.yaml", variables: InventoryVariables(environment: [:], assignments: variables))
}

/// The inventory of a text without mistakes.
func inventory(_ text: String, variables: [String: String] = [:]) throws -> Inventory {
  try read(text, variables: variables).get()
}

/// All diagnostics; empty if there are none.
func diagnostics(_ text: String, variables: [String: String] = [:]) -> [Diagnostic] {
  switch read(text, variables: variables) {
  case .success(let inventory): inventory.warnings
  case .failure(let mistakes): mistakes.diagnostics
  }
}

/// `line:column code`.
func shown(_ diagnostic: Diagnostic) -> String {
  let place = diagnostic.location.map { "\($0.line):\($0.column)" } ?? "?"
  return (diagnostic.severity == .warning ? "warning " : "") + "\(place) \(diagnostic.code.rawValue)"
}

/// The text at a diagnostic's place, in the line that it names.
func marked(_ diagnostic: Diagnostic?, in text: String) -> String? {
  guard let location = diagnostic?.location, let end = location.endColumn else { return nil }
  let line = text.split(separator: "\n", omittingEmptySubsequences: false)[location.line - 1].unicodeScalars
  return String(String.UnicodeScalarView(line.dropFirst(location.column - 1).prefix(end - location.column)))
}

/// An inventory of one server with the given `oauth2` block, which is indented by four more spaces.
func server(_ oauth2: String, head: String = clientBlock) -> String {
  "version: 1\n" + head + "servers:\n  github:\n    url: https://api.example.com/mcp\n    oauth2:\n"
    + oauth2.split(separator: "\n").map { "      \($0)\n" }.joined()
}
