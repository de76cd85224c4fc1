import FoundationEssentials
package import MCPAuthCore
package import MCPAuthReconciler

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The process, its machine and its clock.
package enum HostFacts {
  @Sendable package static func now() -> Timestamp {
    Timestamp(seconds: Int64(Date().timeIntervalSince1970.rounded(.down)))
  }

  /// 128 bits of the system's generator, in lowercase hexadecimal.
  @Sendable package static func randomID() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      UInt64.random(in: .min ... .max, using: &generator).hex(width: 16, uppercase: false)
    }.joined()
  }

  /// Who holds the run lock. The arguments contain no secret.
  package static func holder(_ arguments: [String], _ environment: [String: String]) -> RunHolder {
    RunHolder(
      pid: getpid(), host: hostName(), user: environment["USER"] ?? environment["LOGNAME"] ?? "uid \(getuid())",
      command: (["mcpauth"] + arguments).joined(separator: " "), since: now())
  }

  /// `folder` as an absolute path; unchanged when the working directory is unknown.
  package static func absolute(_ folder: String) -> String {
    if folder.hasPrefix("/") { return folder }
    let current = FileManager.default.currentDirectoryPath
    return folder.isEmpty ? current : FilePath.resolve(folder, in: current)
  }

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
