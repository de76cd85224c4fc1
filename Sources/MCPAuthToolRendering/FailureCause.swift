import MCPAuthCore
import MCPAuthPlan

/// The cause of a failure. It is the same for failures with the same code and help, and with the same message apart from the server's name and the
/// paths of URLs.
struct FailureCause: Hashable, Sendable {
  /// At most this many failures with one cause are each shown in full.
  static let few = 3

  private let code: DiagnosticCode
  private let message: String
  private let help: [String]

  init(_ error: Diagnostic, of server: String) {
    code = error.code
    let words = error.message.split(separator: " ", omittingEmptySubsequences: false).map { word -> Substring in
      guard let mark = word.firstRange(of: "://") else { return word }
      return word[..<(word[mark.upperBound...].firstIndex(of: "/") ?? word.endIndex)]
    }
    message = words.joined(separator: " ").replacing("'\(server)'", with: "''")
    // What to do can differ, as with the redirect URI of each server. A time to wait depends only on when the server was asked.
    help = error.code == .rateLimited ? [] : error.help
  }

  /// The servers of each cause that has more than a few failures, in their order.
  static func many(_ failures: [(String, Diagnostic)]) -> [FailureCause: [String]] {
    guard failures.count > few else { return [:] }
    var servers: [FailureCause: [String]] = [:]
    for (server, error) in failures { servers[FailureCause(error, of: server), default: []].append(server) }
    return servers.filter { $0.value.count > few }
  }
}

extension Diagnostic {
  /// The failure of one server, shown for all servers with the same cause.
  func shared(by count: Int) -> Diagnostic {
    var shared = self
    shared.notes.append("the same for \(count) servers")
    return shared
  }
}
