import MCPAuthCore
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// Prints a secret that the user asked for, without redaction. In GitHub Actions it is masked in the log first.
struct PrintedSecret {
  let inventory: String
  let name: String?
  let stored: String?
  let field: SecretField?
  let value: Secret

  /// - Parameter isDocument: writes JSON instead of the value and a line end.
  func write(isDocument: Bool, in context: ToolContext) {
    let text = isDocument ? document : Array(value.open().utf8) + [UInt8(ascii: "\n")]
    context.maskInLog([value])
    // A runner would execute a command in the value. A server may have chosen the value.
    guard context.isGitHubActions, SecretMasking.looksLikeCommand(value) else {
      context.output.verbatim(text)
      return
    }
    let token = HostFacts.randomID()
    context.output.verbatim(Array("::stop-commands::\(token)\n".utf8), to: .error)
    context.output.verbatim(text)
    context.output.verbatim(Array("::\(token)::\n".utf8), to: .error)
  }

  private var document: [UInt8] {
    JSONWriter.canonical(
      SecretValueDocument.json(
        inventory: inventory, name: name, stored: stored, field: field?.rawValue, value: value))
  }
}
