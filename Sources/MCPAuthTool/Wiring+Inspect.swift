import MCPAuth
import MCPAuthCore
import MCPAuthHTTP
import MCPAuthReconciler
import MCPAuthToolCommands
import MCPAuthToolInput
import MCPAuthToolOutput

extension Wiring {
  /// Inspects one URL with the live transport. A signal ends it at once: nothing can be lost.
  ///
  /// - Throws: `invalid-value` for certificates or private addresses that cannot be used, before the first request.
  @Sendable static func inspect(_ order: InspectionOrder, _ tool: ToolContext) async throws(Diagnostic)
    -> InspectionResult
  {
    var settings = HTTPSettings(userAgent: ToolVersion.userAgent, environment: tool.environment)
    settings.allowPrivate = order.trust.allowance.hosts
    if let path = order.caFile { settings.certificateAuthorities = try readCertificates(path, tool) }
    let transport = try HTTPTransport(settings)
    let run = InspectionRun(inspector: Inspector(transport: transport), now: HostFacts.now())
    let result = await untilSignal { await run.result(order) }
    await transport.shutdown()
    return result
  }

  /// Requests one document. Its URL is the user's own, so it may be on this machine.
  @Sendable static func checkDocument(_ check: DocumentCheck, _ tool: ToolContext) async throws(Diagnostic)
    -> [Diagnostic]
  {
    let transport = try HTTPTransport(try httpSettings(check.network, check.folder, tool))
    let found = await untilSignal {
      await Inspector(transport: transport).review(check.document, redirectURIs: check.redirectURIs)
    }
    await transport.shutdown()
    return found
  }

  private static func untilSignal<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value {
    let task = Task { await work() }
    let watch = Task {
      await SignalFlag.wait(until: { Interruption.hasCome })
      if !Task.isCancelled { task.cancel() }
    }
    let value = await task.value
    watch.cancel()
    return value
  }
}
