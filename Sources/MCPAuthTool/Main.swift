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
    var context = ToolContext(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
      writeLock: Wiring.writeLock, writeFile: Wiring.writeFile, writeOutput: Wiring.writeOutput,
      checkPlace: Wiring.checkPlace, checkFiles: Wiring.checkFiles, setup: Wiring.setup, inspect: Wiring.inspect,
      checkDocument: Wiring.checkDocument, open: Wiring.open)
    context.lockReadAhead = Wiring.lockReadAhead
    Terminal.widenForParser(context.environment)
    let end = await MCPAuthCommand.run(context.arguments, in: context)
    // `exit` would destroy what the threads of open connections still use, and such a thread could crash after the work is done.
    fflush(nil)
    _exit(end.rawValue)
  }
}
