import MCPAuthCore
import MCPAuthExport
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput

/// One export: reads the lock, and the secrets that are asked for; makes the text; hands it over.
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
      let (secrets, problems) = await source.secrets(exporter.needs, lock)
      guard problems.isEmpty else {
        // A file that lacks some would take away what its reader has.
        messages.tell(warnings + problems)
        return .failed
      }
      let result = try exporter.export(secrets)
      messages.tell(warnings + result.warnings, notes: result.notes)
      guard !result.servers.isEmpty || !result.warnings.contains(where: { $0.code == .notApplied }) else {
        messages.note("nothing is left to export: nothing was written")
        return .failed
      }
      guard !isStrict || (warnings + result.warnings).isEmpty else {
        messages.note("there are warnings, and --strict was given: nothing was written")
        return .failed
      }
      if result.holdsSecrets { delivery.mask(secrets) }
      try delivery.deliver(result)
      return .done
    } catch {
      throw .failed(error)
    }
  }
}
