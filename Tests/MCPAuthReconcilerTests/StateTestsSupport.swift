import MCPAuthCore
import MCPAuthPlan
import Testing

@testable import MCPAuthReconciler

extension World {
  var custodian: StateOperations { StateOperations(context) }

  /// Renames a server of the inventory, and changes nothing else: its redirect URIs stay.
  func rename(_ old: String, to new: String) {
    servers = servers.map { server in
      var server = server
      if server.name == old { server.name = new }
      return server
    }
  }
}

/// Expects a diagnostic of this code.
func expectRefusal(
  _ code: DiagnosticCode, _ location: Testing.SourceLocation = #_sourceLocation, _ work: () async throws -> Void
) async {
  do {
    try await work()
    Issue.record("not refused", sourceLocation: location)
  } catch let error as Diagnostic {
    #expect(error.code == code, "\(error.message)", sourceLocation: location)
  } catch {
    Issue.record("\(error)", sourceLocation: location)
  }
}
