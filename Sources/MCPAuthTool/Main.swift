import FoundationEssentials
import MCPAuthToolCommands
import MCPAuthToolInput
import MCPAuthToolOutput

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@main
enum Main {
  static func main() async {
    CrashTraces.turnOff()
    Heap.share()
    Interruption.install()
    let context = ToolContext(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
      writeLock: Wiring.writeLock, writeFile: Wiring.writeFile, writeOutput: Wiring.writeOutput,
      checkPlace: Wiring.checkPlace, checkFiles: Wiring.checkFiles, setup: Wiring.setup, inspect: Wiring.inspect,
      checkDocument: Wiring.checkDocument, open: Wiring.open)
    let end = await MCPAuthCommand.run(context.arguments, in: context)
    exit(end.rawValue)
  }
}
