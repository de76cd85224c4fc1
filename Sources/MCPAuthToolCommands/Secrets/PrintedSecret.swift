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

  /// - Parameter isDocument: prints JSON instead of the value and a line end.
  func print(isDocument: Bool, in context: ToolContext) {
    let text = isDocument ? json : Array(value.open().utf8) + [UInt8(ascii: "\n")]
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

  private var json: [UInt8] {
    var object: JSONObject = ["inventory": .string(inventory)]
    if let name { object["name"] = .string(name) }
    if let stored { object["stored"] = .string(stored) }
    if let field { object["field"] = .string(field.rawValue) }
    object["value"] = .string(value.open())
    return JSONWriter.canonical(DiagnosticDocument.document(object))
  }
}
