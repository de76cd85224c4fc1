package import MCPAuthCore
package import MCPAuthPlan

/// What happens during a run, for whoever shows progress. Of no consequence: a run is the same if nobody listens.
package enum RunEvent: Sendable, Equatable {
  /// So many servers are about to be looked at; nothing is asked of the others.
  case looking(servers: Int)
  case discovering(server: String)
  /// - Parameter problem: why nothing was found.
  case discovered(server: String, problem: DiagnosticCode?)
  /// What the plan says of a server; for each of them, once all is decided.
  case decided(Change)
  /// So many changes are about to be made.
  case beginning(changes: Int)
  case applying(server: String)
  case applied(ChangeResult)
  /// A request was answered, or failed.
  ///
  /// - Parameter server: for whom; nil for what is asked for none in particular. A document that several servers share is asked for one of them.
  case requested(server: String?, RequestRecord)
  /// Nothing is asked for a while: a server said to come later (429, 503), or did not answer.
  case waiting(server: String?, milliseconds: Int)
}

/// For which server something is done: known to everything that is done in its task.
enum RunScope {
  @TaskLocal static var server: String?
}
