import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// One export: reads the lock file and the secrets that are needed, makes the text, and writes it.
struct ExportRun {
  let inventory: Inventory
  let source: ExportSource
  let options: ExportOptions
  let delivery: ExportDelivery
  let messages: ExportMessages
  let isStrict: Bool

  func run() async throws(RunFailure) -> ToolExit {
    do throws(Diagnostic) {
      let (lock, warnings) = try await source.lock()
      let exporter = Exporter(inventory: inventory, lock: lock, options: options, now: source.now)
      let (secrets, problems) = await source.secrets(
        exporter.needs, lock, besideURL: exporter.writesURL, besideEndpoints: exporter.writesTokenEndpoint)
      guard problems.isEmpty else {
        // A file without some secrets could replace a file that has them.
        messages.tell(warnings + problems)
        return .failed
      }
      let result = try exporter.export(secrets)
      messages.tell(warnings + result.warnings, notes: result.notes)
      let isIncomplete = result.warnings.contains { $0.severity == .error }
      guard !result.servers.isEmpty || !(isIncomplete || result.warnings.contains { $0.code == .notApplied }) else {
        messages.note("nothing is left to export: nothing was written")
        return .failed
      }
      guard !isStrict || (warnings + result.warnings).isEmpty else {
        messages.note("there are warnings, and --strict was given: nothing was written")
        return .failed
      }
      if result.holdsSecrets { delivery.mask(secrets) }
      try delivery.deliver(result)
      return isIncomplete ? .failed : .done
    } catch {
      throw .failed(error)
    }
  }
}
