import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import Synchronization
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolInput
@testable import MCPAuthToolOutput

/// The environment of a command without files, sockets and terminals. Use of a part that the test did not prepare is recorded as an issue.
final class ToolWorld: Sendable {
  struct Printed: Sendable, Equatable {
    var standard = ""
    var error = ""
  }

  let files: [String: String]
  let inventories: [String: Result<Inventory, InventoryMistakes>]
  let reconciler: (any Reconciling)?
  let state: FakeStateOperations
  let lockedNames: [String]
  let openFailure: Diagnostic?
  let answer: String?
  let terminal: Terminal
  let environment: [String: String]
  private let appended = Mutex<[String: String]>([:])
  private let written = Mutex(Printed())
  private let orders = Mutex<[RunSettings]>([])
  private let closings = Mutex(0)
  private let documents = Mutex<[String: String]>([:])
  private let writtenLocks = Mutex<[String: String]>([:])

  init(
    files: [String: String] = ["servers.yaml": "version: 1\n"],
    inventories: [String: Result<Inventory, InventoryMistakes>] = [
      "servers.yaml": .success(Inventory(file: "servers.yaml"))
    ],
    reconciler: (any Reconciling)? = nil, state: FakeStateOperations = FakeStateOperations(),
    lockedNames: [String] = [],
    openFailure: Diagnostic? = nil,
    answer: String? = nil, terminal: Terminal = Terminal(), environment: [String: String] = [:]
  ) {
    self.files = files
    self.inventories = inventories
    self.reconciler = reconciler
    self.state = state
    self.lockedNames = lockedNames
    self.openFailure = openFailure
    self.answer = answer
    self.terminal = terminal
    self.environment = environment
  }

  var printed: Printed { written.withLock { $0 } }
  var settings: [RunSettings] { orders.withLock { $0 } }
  /// Text that was appended to files that a CI runner named.
  var appendedFiles: [String: String] { appended.withLock { $0 } }
  var locks: [String: String] { writtenLocks.withLock { $0 } }
  /// The files that were written.
  var writtenFiles: [String: String] { documents.withLock { $0 } }
  var closed: Int { closings.withLock { $0 } }

  var context: ToolContext {
    ToolContext(
      arguments: [], environment: environment,
      output: Output { stream, bytes throws(Output.Failure) in
        self.written.withLock { printed in
          let text = String(decoding: bytes, as: UTF8.self)
          switch stream {
          case .standard: printed.standard += text
          case .error: printed.error += text
          }
        }
      },
      terminal: terminal,
      readAnswer: {
        if self.answer == nil { Issue.record("nobody was to be asked") }
        return self.answer
      },
      readFile: { path, _ throws(BoundedFile.Problem) in
        guard let text = self.files[path] else { throw .missing }
        return Array(text.utf8)
      },
      writeLock: { path, bytes throws(Diagnostic) in
        self.writtenLocks.withLock { $0[path] = String(decoding: bytes, as: UTF8.self) }
      },
      writeFile: { path, bytes throws(Diagnostic) in
        self.documents.withLock { $0[path] = String(decoding: bytes, as: UTF8.self) }
      },
      writeOutput: { path, _, _ throws(Diagnostic) in
        throw Diagnostic(.error, .outputFailed, "'\(path)' cannot be written in this test")
      },
      appendFile: { path, bytes, limit throws(AppendedFile.Problem) in
        guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        self.appended.withLock { $0[path, default: ""] += String(decoding: bytes, as: UTF8.self) }
      },
      readInventory: { _, file, _ in
        self.inventories[file]
          ?? .failure(InventoryMistakes(diagnostics: [Diagnostic(.error, .yamlSyntax, "no such test inventory")]))
      },
      checkPlace: { _ in },
      setup: setup,
      inspect: { _, _ throws(Diagnostic) in
        throw Diagnostic(.error, .unreachable, "nothing can be inspected in this test")
      },
      checkDocument: { _, _ throws(Diagnostic) in
        throw Diagnostic(.error, .unreachable, "no document can be requested in this test")
      },
      open: { order, _ throws(Diagnostic) in
        self.orders.withLock { $0.append(order.settings) }
        if let failure = self.openFailure { throw failure }
        guard let reconciler = self.reconciler else {
          Issue.record("no run was to be opened")
          throw Diagnostic(.error, .storeFailed, "no run was to be opened")
        }
        return RunServices(
          reconciler: Reporting(base: reconciler, report: order.report), state: self.state,
          exports: { preconditionFailure("tests of exports run the binary") },
          secrets: { preconditionFailure("tests of the secret store run the binary") },
          verifier: { preconditionFailure("tests of verify run the binary") },
          lockedNames: { () throws(Diagnostic) in self.lockedNames },
          close: { self.closings.withLock { $0 += 1 } })
      })
  }

  /// A folder outside of git with the files of this world.
  private var setup: FolderSetup {
    FolderSetup(
      workTree: { _ in nil }, realPath: { $0.hasPrefix("/") ? $0 : $0 == "." ? "/folder" : "/folder/" + $0 },
      exists: { path throws(Diagnostic) in self.files[path] != nil },
      proveWritable: { _ throws(Diagnostic) in },
      create: { path, bytes, _ throws(Diagnostic) in
        self.documents.withLock { $0[path] = String(decoding: bytes, as: UTF8.self) }
      },
      mergeDriver: { nil }, setMergeDriver: { _ in false })
  }

  /// Parses the arguments and runs the command.
  func run(_ arguments: String...) async -> ToolExit {
    await MCPAuthCommand.run(arguments, in: context)
  }
}

/// Reports each result as the reconciler does, and returns it.
private struct Reporting: Reconciling {
  let base: any Reconciling
  let report: @Sendable (RunEvent) -> Void

  func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan { try await base.plan(options) }

  func apply(
    _ options: PlanOptions, allowMassChange: Bool, isAsked: Bool,
    confirm: nonisolated(nonsending) @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    let run = try await base.apply(options, allowMassChange: allowMassChange, isAsked: isAsked, confirm: confirm)
    if run?.error == nil { for result in run?.results ?? [] { report(.applied(result)) } }
    return run
  }
}

extension Reporting {
  func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: nonisolated(nonsending) @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult? {
    try await base.apply(saved, allowMassChange: allowMassChange, show: show)
  }

  func importClient(
    _ order: ImportOrder, confirm: nonisolated(nonsending) @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    try await base.importClient(order, confirm: confirm)
  }
}

/// Returns prepared results, and records the calls.
final class FakeReconciler: Reconciling {
  struct Asked: Sendable, Equatable {
    var options: PlanOptions
    var allowMassChange: Bool?
    var saved: SavedPlan?
    var order: ImportOrder?
  }

  private let result: Result<RunResult, Diagnostic>
  private let notes = Mutex<[Asked]>([])

  init(_ plan: Plan) {
    result = .success(RunResult(plan: plan, results: []))
  }

  init(_ run: RunResult) {
    result = .success(run)
  }

  init(failing error: Diagnostic) {
    result = .failure(error)
  }

  var asked: [Asked] { notes.withLock { $0 } }
  fileprivate var outcome: Result<RunResult, Diagnostic> { result }
  fileprivate func note(_ asked: Asked) { notes.withLock { $0.append(asked) } }

  func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan {
    notes.withLock { $0.append(Asked(options: options, allowMassChange: nil)) }
    return try result.get().plan
  }

  func apply(
    _ options: PlanOptions, allowMassChange: Bool, isAsked: Bool,
    confirm: nonisolated(nonsending) @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    notes.withLock { $0.append(Asked(options: options, allowMassChange: allowMassChange)) }
    let run = try result.get()
    guard run.error == nil, run.plan.hasChanges else { return run }
    return await confirm(run.plan) ? run : nil
  }
}

extension FakeReconciler {
  func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: nonisolated(nonsending) @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult? {
    note(Asked(options: saved.options, allowMassChange: allowMassChange, saved: saved))
    let run = try outcome.get()
    if run.error == nil, run.plan.hasChanges { await show(run.plan) }
    return run
  }

  func importClient(
    _ order: ImportOrder, confirm: nonisolated(nonsending) @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    note(Asked(options: PlanOptions(), allowMassChange: nil, order: order))
    let run = try outcome.get()
    return await confirm(run.plan) ? run : nil
  }
}
