import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput
import MCPAuthToolRendering

/// Why a run has no result.
enum RunFailure: Error, Sendable {
  case refused(InventoryCheck)
  case failed(Diagnostic)
  /// Wrong usage that can be detected only with the inventory and the lock file.
  case usage(message: String, help: String?)

  static func usage(_ problem: UsageProblem) -> RunFailure {
    // Further lines of a help text are indented below it.
    let help = problem.help.map { Printable.lines($0).joined(separator: "\n        ") }
    return .usage(
      message: Printable.line(problem.message), help: help.isEmpty ? nil : help.joined(separator: "\n  help: "))
  }
}

/// A run of one command on one inventory: the inventory, and the services that work on it.
struct InventorySession: Sendable {
  let source: SourceText
  let inventory: Inventory
  /// Prints the results.
  let report: any Report
  let services: RunServices

  /// Reads the inventory, opens the services, runs the work, and closes the services in every case. A failure is reported.
  ///
  /// - Parameters:
  ///   - only: names that must be in the inventory or the lock file.
  ///   - servers: names that must be in the inventory.
  static func within(
    _ file: String, _ settings: RunSettings, only: [String] = [], servers: [String] = [], _ report: any Report,
    _ context: ToolContext,
    work: (InventorySession) async throws(RunFailure) -> ToolExit
  ) async -> ToolExit {
    var source = SourceText.none(file)
    do throws(RunFailure) {
      let ahead = context.lockReadAhead(file)
      let loaded = try load(file, context)
      source = loaded.source
      let order = RunOrder(inventory: loaded.inventory, settings: settings, lockReadAhead: ahead) {
        report.happened($0)
      }
      let run = try await open(order, context)
      let session = InventorySession(source: source, inventory: loaded.inventory, report: report, services: run)
      do throws(RunFailure) {
        try session.check(servers: servers)
        try await session.check(only)
        let exit = try await work(session)
        await run.close()
        return exit
      } catch {
        await run.close()
        throw error
      }
    } catch {
      switch error {
      case .refused(let check):
        report.refused(check)
        return .invalid
      case .failed(let diagnostic):
        report.failed(diagnostic, source: source)
        return ToolExit(diagnostic)
      case .usage(let message, let help):
        return context.wrongUsage(message, help: help)
      }
    }
  }

  /// Works with the services.
  func run<Value: Sendable>(
    _ work: (RunServices) async throws(Diagnostic) -> Value
  ) async throws(RunFailure) -> Value {
    do throws(Diagnostic) { return try await work(services) } catch { throw .failed(error) }
  }

  /// The same. A name that does not exist is wrong usage.
  func run<Value: Sendable>(
    naming work: (RunServices) async throws(Diagnostic) -> Result<Value, UsageProblem>
  ) async throws(RunFailure) -> Value {
    let result = try await run(work)
    do throws(UsageProblem) { return try result.get() } catch { throw .usage(error) }
  }

  // MARK: Steps

  private static func load(_ file: String, _ context: ToolContext) throws(RunFailure) -> InventoryLoading.Loaded {
    do throws(InventoryLoading.Refusal) {
      return try InventoryLoading.load(file, in: context)
    } catch {
      throw .refused(error.check)
    }
  }

  private static func open(_ order: RunOrder, _ context: ToolContext) async throws(RunFailure) -> RunServices {
    do throws(Diagnostic) { return try await context.open(order, context) } catch { throw .failed(error) }
  }

  /// Checks that the servers that arguments name are in the inventory.
  private func check(servers names: [String]) throws(RunFailure) {
    let known = inventory.servers.map(\.name)
    for name in names where !known.contains(name) {
      throw .usage(
        message: "there is no server '\(Printable.line(name))' in \(Printable.line(source.file))",
        help: NearestName.suggestion(for: name, in: known).map { "did you mean '\(Printable.line($0))'?" })
    }
  }

  /// `--only` with a name that is neither in the inventory nor in the lock is wrong usage (PlanAndApply#Commands).
  private func check(_ only: [String]) async throws(RunFailure) {
    let inventoryNames = Set(inventory.servers.map(\.name))
    let unknown = only.filter { !inventoryNames.contains($0) }
    guard !unknown.isEmpty else { return }
    let locked = try await run { run throws(Diagnostic) in try await run.lockedNames() }
    let names = inventoryNames.union(locked)
    for name in unknown where !names.contains(name) {
      let nearest = NearestName.suggestion(for: name, in: names.sorted())
      throw .usage(
        message:
          "--only '\(Printable.line(name))': there is no such server in \(Printable.line(source.file)) or its lock file",
        help: nearest.map { "did you mean '\(Printable.line($0))'?" })
    }
  }
}
