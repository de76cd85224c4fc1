import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// One export: reads the lock, and the secrets that are asked for; makes the text; hands it over.
struct ExportRun {
  let inventory: Inventory
  let options: ExportOptions
  let delivery: ExportDelivery
  let messages: ExportMessages

  func run() async throws(RunFailure) -> ToolExit {
    let run = try await open()
    do throws(RunFailure) {
      let exit = try await export(from: run.exports)
      await run.close()
      return exit
    } catch {
      await run.close()
      throw error
    }
  }

  private func open() async throws(RunFailure) -> RunServices {
    let order = RunOrder(inventory: inventory, settings: RunSettings()) { _ in }
    do throws(Diagnostic) { return try await delivery.context.open(order, delivery.context) } catch {
      throw .failed(error)
    }
  }

  private func export(from source: any Exporting) async throws(RunFailure) -> ToolExit {
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
      if result.holdsSecrets { delivery.mask(secrets) }
      try delivery.deliver(result)
      return .done
    } catch {
      throw .failed(error)
    }
  }
}

/// What an export is made of. The contract is `ExportSource`'s.
protocol Exporting: Sendable {
  var now: Timestamp { get }
  func lock() async throws(Diagnostic) -> (lock: Lock, warnings: [Diagnostic])
  func secrets(
    _ needs: [ExportNeed], _ lock: Lock
  ) async -> (secrets: [String: ExportSecrets], problems: [Diagnostic])
}

extension ExportSource: Exporting {}

/// For a run that exports nothing.
struct NoExports: Exporting {
  let now = Timestamp(seconds: 0)

  func lock() async throws(Diagnostic) -> (lock: Lock, warnings: [Diagnostic]) {
    preconditionFailure("this run was opened without what an export is made of")
  }

  func secrets(
    _ needs: [ExportNeed], _ lock: Lock
  ) async -> (secrets: [String: ExportSecrets], problems: [Diagnostic]) {
    ([:], [])
  }
}
