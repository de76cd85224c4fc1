package import MCPAuthCore
package import MCPAuthPlan

/// What happens during a run, for the display of progress. Events do not change the run.
package enum RunEvent: Sendable, Equatable {
  /// The number of servers that will be discovered. No request is made for the others.
  case looking(servers: Int)
  case discovering(server: String)
  /// - Parameter problem: why nothing was found.
  case discovered(server: String, problem: DiagnosticCode?)
  /// The planned change of a server. Reported for each server after all are decided.
  case decided(Change)
  /// The number of changes that will be made.
  case beginning(changes: Int)
  case applying(server: String)
  case applied(ChangeResult)
  /// A request was answered, or failed.
  ///
  /// - Parameter server: the server for which the request was made; nil if it was made for no server in particular. A document that several servers
  ///   share is requested for one of them.
  case requested(server: String?, RequestRecord)
  /// No request is made for this time: a server asked to wait (429, 503), or did not answer.
  case waiting(server: String?, milliseconds: Int)
}

/// The server that the current task works for.
enum RunScope {
  @TaskLocal static var server: String?
}
