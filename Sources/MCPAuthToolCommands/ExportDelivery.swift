import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput

/// Writes an export: to standard output, to a new file, or into a file that is updated.
struct ExportDelivery: Sendable {
  /// The greatest size of a file that is updated, in bytes.
  static let limit = 16 << 20

  let output: String?
  let merge: String?
  let isQuiet: Bool
  let context: ToolContext

  var isToFile: Bool { output != nil || merge != nil }

  /// The file that is updated; nil without `--merge`. A file that does not exist counts as empty.
  func existing() throws(RunFailure) -> [UInt8]? {
    guard let merge else { return nil }
    do throws(BoundedFile.Problem) {
      return try context.readFile(merge, Self.limit)
    } catch {
      if error == .missing { return [] }
      throw .failed(
        Diagnostic(.error, .outputFailed, "'\(Printable.line(merge))' cannot be updated: \(error.reason)"))
    }
  }

  func deliver(_ result: ExportResult) throws(Diagnostic) {
    if let output {
      try context.writeOutput(output, result.text, false)
      say("wrote \(output)", result)
    } else if let merge {
      try update(merge, result)
    } else {
      // Not redacted: it contains the secrets that the user asked for.
      context.output.verbatim(result.text)
    }
  }

  private func update(_ file: String, _ result: ExportResult) throws(Diagnostic) {
    var now: [UInt8] = []
    if let bytes = try? context.readFile(file, Self.limit) { now = bytes }
    // Checks as late as possible that no other process wrote the file.
    guard now == result.updated else {
      throw Diagnostic(
        .error, .outputFailed, "'\(Printable.line(file))' was changed while it was being updated",
        help: ["run it again"])
    }
    if now == result.text {
      say("\(file) is up to date", result)
      return
    }
    // A file with values gets mode 0600, even if it had another mode before.
    try context.writeOutput(file, result.text, !result.holdsSecrets)
    say("updated \(file)", result)
  }

  private func say(_ what: String, _ result: ExportResult) {
    guard !isQuiet else { return }
    let count = result.servers.count
    context.output.text("\(Printable.line(what)): \(count) server\(count == 1 ? "" : "s")\n", to: .error)
  }

  /// Tells GitHub's runner to mask the values in the job's log (Consumers#Secrets-in-exports), before they are printed.
  func mask(_ secrets: [String: ServerSecretValues]) {
    let values = secrets.values.flatMap { server in
      [server.clientSecret].compactMap { $0 } + Array(server.headers.values)
    }
    context.maskInLog(values)
  }
}
