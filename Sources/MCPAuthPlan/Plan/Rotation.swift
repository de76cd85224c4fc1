import MCPAuthCore

/// `mcpauth rotate`: a new secret, or a new client, because the user requested it.
extension Planner {
  func isToRotate(_ server: InventoryServer) -> Bool { options.rotate.contains(server.name) }

  /// Why a server that is to be rotated can never be rotated: it has nothing that mcpauth can renew.
  func rotationRefusal(_ server: InventoryServer) -> Diagnostic? {
    guard isToRotate(server) else { return nil }
    if !server.isEnabled { return nothingToRotate(server, "it is disabled") }
    switch server.mode {
    case .discovered, .registeredAtEndpoints: return nil
    case .manual, .preregistered:
      return nothingToRotate(
        server, "its client is your own",
        help: ["make a new secret at its provider, and store it where the inventory looks"])
    case .apiKey, .customHeaders:
      return nothingToRotate(
        server, "its credentials are your own",
        help: ["make new ones at its provider, and store them where the inventory looks"])
    case .none: return nothingToRotate(server, "it needs no credentials")
    }
  }

  func nothingToRotate(_ server: InventoryServer, _ why: String, help: [String] = []) -> Diagnostic {
    Diagnostic(
      .error, .nothingToRotate, "'\(server.name)' has nothing that could be rotated: \(why)", at: server.location,
      help: help)
  }

  /// Whether an update can give a new secret (Registration#Renewal, Renewal). A client without a secret is replaced. A client whose record, with
  /// its management token, cannot be used is replaced too.
  func canRotateInPlace(_ server: InventoryServer, _ entry: LockEntry) -> Bool {
    guard isToRotate(server) else { return true }
    return entry.needsSecret && secretProblem(of: server) == nil
  }

  /// What is wrong with the secret record of the server's entry.
  func secretProblem(of server: InventoryServer) -> Diagnostic? {
    standing.secretProblems[movedEntry(of: server)?.from ?? server.name]
  }
}
