import FoundationEssentials
import MCPAuthCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension ToolContext {
  /// Over the real process.
  static func live() -> ToolContext {
    let environment = ProcessInfo.processInfo.environment
    return ToolContext(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: environment,
      output: Output { stream, bytes throws(Output.Failure) in try StandardStreams.write(stream, bytes) },
      terminal: StandardStreams.terminal(environment), readAnswer: { StandardStreams.readAnswer() },
      readFile: { path, limit throws(BoundedFile.Problem) in try BoundedFile.read(path, limit: limit) },
      writeLock: Wiring.writeLock, writeFile: Wiring.writeFile, readInventory: Wiring.readInventory,
      open: { order, tool throws(Diagnostic) in try await Wiring.open(order, tool) })
  }
}

@main
enum Main {
  static func main() async {
    Interruption.install()
    let context = ToolContext.live()
    let end = await MCPAuthCommand.run(context.arguments, in: context)
    exit(end.rawValue)
  }
}
