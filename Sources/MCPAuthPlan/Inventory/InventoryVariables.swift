/// The values for `${NAME}` (InventoryReference#Values): only variables that were set for this purpose, and no other data of the process. An edit
/// of the inventory must not be able to put a secret of a CI job into a URL.
package struct InventoryVariables: Sendable, Equatable {
  /// `${HOST}` takes the value of `MCPAUTH_VAR_HOST`.
  package static let prefix = "MCPAUTH_VAR_"

  private let values: [String: String]
  /// Variables of the environment without the prefix. They are kept only to report that they are not used.
  private let others: Set<String>

  /// - Parameters:
  ///   - environment: the environment of the process.
  ///   - assignments: assignments on the command line. They replace those of the environment.
  package init(environment: [String: String], assignments: [String: String] = [:]) {
    var values: [String: String] = [:]
    for (name, value) in environment where name.hasPrefix(Self.prefix) {
      values[String(name.dropFirst(Self.prefix.count))] = value
    }
    self.values = values.merging(assignments) { _, assigned in assigned }
    others = Set(environment.keys)
  }

  subscript(name: String) -> String? { values[name] }

  /// Whether the environment has a variable with exactly this name.
  func isInEnvironment(_ name: String) -> Bool { others.contains(name) }

  /// Whether `NAME` is valid in `${NAME}`: `[A-Za-z_][A-Za-z0-9_]*`.
  package static func isName(_ text: String) -> Bool { VariableExpansion.isName(text) }
}
