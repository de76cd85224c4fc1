import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// All that a command reaches the world through; passed in by `main`, or by a test.
struct ToolContext: Sendable {
  /// Without the program's name.
  var arguments: [String]
  var environment: [String: String]
  /// Where everything that is printed goes.
  var output: Output
  var terminal: Terminal
  /// The answer to a question, without its line end; nil when there is none, or a signal came.
  var readAnswer: @Sendable () async -> String?
  var readFile: @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8]
  /// Replaces a lock file that a person, or git, named: whole, or not at all.
  var writeLock: @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void
  /// Writes a document that is no secret: whole or not at all, and never through a link.
  var writeFile: @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void
  /// Writes a file that may hold secrets: mode 0600, unless it keeps the one it has; never through a link.
  var writeOutput: @Sendable (_ path: String, _ bytes: [UInt8], _ keepsMode: Bool) throws(Diagnostic) -> Void =
    Wiring.writeOutput
  /// Adds to the end of a file that a CI runner named in the environment; nothing over `limit` bytes in all.
  var appendFile: @Sendable (_ path: String, _ bytes: [UInt8], _ limit: Int) throws(BoundedFile.Problem) -> Void = {
    path, bytes, limit throws(BoundedFile.Problem) in try AppendedFile.append(bytes, to: path, limit: limit)
  }
  var listFolder: InventorySelection.Listing = InventorySelection.folders
  /// The names of the servers in an inventory and its lock file, as far as they can be read.
  var serverNames: @Sendable (_ file: String) -> [String] = CompletedServers.names
  /// All of standard input, at most so many bytes; nil when a signal came.
  var readInput: @Sendable (_ limit: Int) throws(BoundedFile.Problem) -> [UInt8]? = StandardStreams.readAll
  /// The answer to a question that is not to be seen, without its line end; nil when there is none, or a signal came.
  var readHidden: @Sendable (_ question: String) -> HiddenAnswer = HiddenPrompt.ask
  var readInventory:
    @Sendable (_ bytes: [UInt8], _ file: String, _ environment: [String: String]) -> Result<
      Inventory, InventoryMistakes
    >
  /// Looks at one URL: no inventory, no stores.
  var inspect: @Sendable (InspectionOrder, ToolContext) async throws(Diagnostic) -> InspectionResult = Wiring.inspect
  /// Opens stores and transport for a run.
  var open: @Sendable (RunOrder, ToolContext) async throws(Diagnostic) -> RunServices
}

extension ToolContext {
  /// Says what is wrong with the arguments, where the parser cannot know.
  func wrongUsage(_ message: String) -> ToolExit {
    output.text("error: \(message)\n", to: .error)
    return .usage
  }
}

/// What standard input, output and error are.
struct Terminal: Sendable, Equatable {
  var isInput = false
  var isOutput = false
  var isError = false
  /// Columns; 120 where nobody knows.
  var width = 120
  /// Whether somebody named the columns (`COLUMNS`): then a pipe is wrapped too.
  var isWidthGiven = false
}

/// What a run is opened with.
struct RunOrder: Sendable {
  var inventory: Inventory
  var settings: RunSettings
  /// Told what happens.
  var report: @Sendable (RunEvent) -> Void
}

/// The options of a run that decide how, not what.
struct RunSettings: Sendable, Equatable {
  /// How many servers at a time.
  var parallelism = 32
  /// Seconds for one server's whole discovery.
  var discoveryTimeout = 30
  /// Seconds to wait for the run lock.
  var lockTimeout = 0
}

/// A run that is about to start, over live stores and transport, or a test's.
struct RunServices: Sendable {
  var reconciler: any Reconciling
  var custodian: any Custodian
  var exports: any Exporting = NoExports()
  var secrets: any SecretKeeping = NoSecrets()
  var verifier: any Verifying = NoVerifier()
  /// The names of the servers in the lock file.
  var lockedNames: @Sendable () async throws(Diagnostic) -> [String]
  var close: @Sendable () async -> Void
}

/// Plans and applies: what the commands need of the reconciler. The contract is `Reconciler`'s.
protocol Reconciling: Sendable {
  func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan
  func apply(
    _ options: PlanOptions, allowMassChange: Bool, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult?
  func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult?
  func importClient(
    _ order: ImportOrder, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult?
}

extension Reconciler: Reconciling {}

/// Looks at the lock and mends it. The contract is `StateOperations`'s.
protocol Custodian: Sendable {
  func look() async throws(Diagnostic) -> Standing
  func status() async throws(Diagnostic) -> StatusReport
  func move(_ old: String, to new: String) async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem>
  func forget(_ names: [String], isForced: Bool) async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem>
  func deleteOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem>
  func forgetOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem>
}

extension StateOperations: Custodian {}
