// The fuzzer: `mcpauth-fuzz --target=NAME …` with options of libFuzzer, or `mcpauth-fuzz --target=NAME --growth=DICTIONARY SEED …`. Only
// `Tests/Fuzz/run` builds and runs it. libFuzzer ignores options with two hyphens, and passes them to the processes that it starts.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The target of this process. It is global because a C function receives the inputs, and it cannot capture variables.
enum Chosen {
  static let target = option("--target=").flatMap(FuzzTarget.named)

  static func option(_ name: String) -> String? {
    CommandLine.arguments.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
  }

  static func check(_ bytes: [UInt8]) {
    do throws(Violation) {
      try target?.check(bytes)
    } catch {
      tell("VIOLATION \(error)")
      // libFuzzer stores the input if the process ends in this way.
      abort()
    }
  }

  static func tell(_ message: String) {
    let line = Array((message + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}

guard let target = Chosen.target else {
  Chosen.tell("usage: mcpauth-fuzz --target=NAME [libFuzzer's options] [CORPUS]")
  Chosen.tell("targets: " + FuzzTarget.all.map(\.name).joined(separator: " "))
  exit(64)
}
if let dictionary = Chosen.option("--growth=") {
  exit(
    Growth(target).run(
      dictionary: dictionary, seeds: CommandLine.arguments.filter { !$0.hasPrefix("-") }.dropFirst(1).map(\.self)))
}

var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
  runFuzzer(&count, &arguments) { bytes, count in
    Chosen.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  })
