import ArgumentParser
import MCPAuthCore
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct ValidateCommand: InventoryCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks inventories offline.",
    usage: "mcpauth validate [<file> ...] [<options>]",
    discussion: """
      Reports every mistake in one run. It sends no request and reads no secret. --format sarif and --format gitlab are for code scanning. \
      With --watch it validates again after each change of the files, until Ctrl-C; the exit code is then 0.

      example: mcpauth validate servers.yaml staging.yaml
      """)

  @OptionGroup var inventories: InventoryArguments
  @OptionGroup var variables: VariableOptions

  @Flag(help: "Validate again after each change, until Ctrl-C.")
  var watch = false

  @OptionGroup var common: CheckReportOptions

  func validate() throws {
    if watch, common.format != .text { throw ValidationError("--watch needs --format text") }
  }

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context, command: "validate")
    guard watch else { return check(report, context) }
    await watchFiles(report, context)
    return .done
  }

  private func check(_ report: any Report, _ context: ToolContext) -> ToolExit {
    let files: [String]
    do throws(Diagnostic) {
      files = try InventorySelection(context).files(inventories.files)
    } catch {
      report.failed(error, source: .none(inventories.files.joined(separator: " ")))
      return .invalid
    }
    let checks = files.map { InventoryLoading.check($0, in: context) }
    report.validated(checks)
    return checks.allSatisfy(\.isValid) ? .done : .invalid
  }

  // MARK: Watching

  /// Between two looks at the files.
  private static let pause = Duration.milliseconds(200)

  /// Validates now and after each change, until a signal comes or the reader of standard output has ended. What is on the terminal stays there.
  private func watchFiles(_ report: any Report, _ context: ToolContext) async {
    if !common.quiet { context.output.text("watching for changes; Ctrl-C ends it\n", to: .error) }
    var seen = contents(context)
    var validated: [String: String]?
    while !Interruption.hasCome, !context.output.hasLostReader {
      let now = contents(context)
      // A file that is being written is validated when it stays the same.
      if now == seen, now != validated {
        validated = now
        if !common.quiet { context.output.text("validated at \(HostFacts.now().rfc3339)\n", to: .error) }
        _ = check(report, context)
        context.explain(context.output.errors.takeHint())
      }
      seen = now
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// A digest of each file that the arguments name now, or why it cannot be read. Folders and patterns are searched again.
  private func contents(_ context: ToolContext) -> [String: String] {
    let files = (try? InventorySelection(context).files(inventories.files)) ?? []
    var contents: [String: String] = [:]
    for file in files {
      do throws(BoundedFile.Problem) {
        contents[file] = Fingerprint.of(try context.readFile(file, InventoryLoading.limit))
      } catch {
        contents[file] = error.reason
      }
    }
    return contents
  }
}
