package import MCPAuthCore
package import MCPAuthPlan
package import MCPAuthReconciler
package import MCPAuthToolInput
package import MCPAuthToolOutput
import MCPAuthToolRendering

/// Everything outside the process that a command uses. `main` passes the live implementations, a test its own.
package struct ToolContext: Sendable {
  /// Without the program's name.
  package var arguments: [String]
  package var environment: [String: String]
  /// `--var NAME=VALUE`.
  package var assignments: [String: String] = [:]
  /// Prints everything.
  package var output: Output
  package var terminal: Terminal
  /// The answer to a question, without its line end; nil when there is none, or a signal came.
  package var readAnswer: @Sendable () async -> String? = { StandardInput.readAnswer() }
  package var readFile: @Sendable (_ path: String, _ limit: Int) throws(BoundedFile.Problem) -> [UInt8] = {
    path, limit throws(BoundedFile.Problem) in try BoundedFile.read(path, limit: limit)
  }
  /// Replaces a lock file as a whole: after a crash it is either the old file or the new one.
  package var writeLock: @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void
  /// Writes a document without secrets, as a whole, and never through a link.
  package var writeFile: @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void
  /// Writes a file that may contain secrets, never through a link. Its mode is 0600, unless it keeps its present mode.
  package var writeOutput: @Sendable (_ path: String, _ bytes: [UInt8], _ keepsMode: Bool) throws(Diagnostic) -> Void
  /// Locks a file that is compared and then replaced.
  package var holdFile: @Sendable (_ path: String) async throws(Diagnostic) -> HeldFile = {
    path async throws(Diagnostic) in try await HeldFile.take(path)
  }
  /// Appends to a file that a CI runner names in the environment. The file never exceeds `limit` bytes.
  package var appendFile: AppendedFile.Append = {
    path, bytes, limit throws(AppendedFile.Problem) in try AppendedFile.append(bytes, to: path, limit: limit)
  }
  package var listFolder: InventorySelection.Listing = InventorySelection.folders
  /// The names of the servers in an inventory and its lock file, as far as they can be read.
  package var serverNames: @Sendable (_ file: String, _ variables: InventoryVariables) -> [String] =
    CompletedServers.names
  /// All of standard input, up to a limit; nil when a signal came.
  package var readInput: @Sendable (_ limit: Int) throws(BoundedFile.Problem) -> [UInt8]? = StandardInput.readAll
  /// Asks for a line without echo.
  package var readHidden: @Sendable (_ question: String) -> HiddenAnswer = HiddenPrompt.ask
  package var readInventory:
    @Sendable (_ bytes: [UInt8], _ file: String, _ variables: InventoryVariables) -> Result<
      Inventory, InventoryMistakes
    > = { InventoryReader.read($0, file: $1, variables: $2) }
  /// Begins to decode the lock file of an inventory that will be read.
  package var lockReadAhead: @Sendable (_ inventory: String) -> LockReadAhead? = { _ in nil }
  /// Refuses a path that cannot be the path of an inventory, or a second inventory with the same name in the folder.
  package var checkPlace: @Sendable (_ file: String) throws(Diagnostic) -> Void
  /// Finds the `{file}` references of an inventory that lead to a file that a reference must not name.
  package var checkFiles: @Sendable (_ inventory: Inventory, _ environment: [String: String]) -> [Diagnostic] = {
    _, _ in []
  }
  /// The new files and the git clone of `mcpauth init`.
  package var setup: FolderSetup
  /// Inspects one URL, without an inventory or stores.
  package var inspect: @Sendable (InspectionOrder, ToolContext) async throws(Diagnostic) -> InspectionResult
  /// Requests a Client ID Metadata Document, and returns its mistakes.
  package var checkDocument: @Sendable (DocumentCheck, ToolContext) async throws(Diagnostic) -> [Diagnostic]
  /// Opens stores and transport for a run.
  package var open: @Sendable (RunOrder, ToolContext) async throws(Diagnostic) -> RunServices
}

extension ToolContext {
  /// For the real process.
  ///
  /// - Parameters: functions that use the live adapters of files and sockets.
  package init(
    arguments: [String], environment: [String: String],
    writeLock: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void,
    writeFile: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) throws(Diagnostic) -> Void,
    writeOutput: @escaping @Sendable (_ path: String, _ bytes: [UInt8], _ keepsMode: Bool) throws(Diagnostic) -> Void,
    checkPlace: @escaping @Sendable (_ file: String) throws(Diagnostic) -> Void,
    checkFiles: @escaping @Sendable (_ inventory: Inventory, _ environment: [String: String]) -> [Diagnostic],
    setup: FolderSetup,
    inspect: @escaping @Sendable (InspectionOrder, ToolContext) async throws(Diagnostic) -> InspectionResult,
    checkDocument: @escaping @Sendable (DocumentCheck, ToolContext) async throws(Diagnostic) -> [Diagnostic],
    open: @escaping @Sendable (RunOrder, ToolContext) async throws(Diagnostic) -> RunServices
  ) {
    self.init(
      arguments: arguments, environment: environment,
      output: Output(
        write: { stream, bytes throws(Output.Failure) in try StandardOutput.write(stream, bytes) },
        isClosed: { StandardOutput.isClosed() }),
      terminal: .ofProcess(environment), writeLock: writeLock, writeFile: writeFile, writeOutput: writeOutput,
      checkPlace: checkPlace, checkFiles: checkFiles, setup: setup, inspect: inspect, checkDocument: checkDocument,
      open: open)
  }

  /// The values of `${NAME}` in an inventory.
  var variables: InventoryVariables { InventoryVariables(environment: environment, assignments: assignments) }

  var isGitHubActions: Bool { environment["GITHUB_ACTIONS"] == "true" }

  /// Columns after which text on standard error is wrapped; nil: never. A pipe is wrapped only with `COLUMNS`.
  var errorWrap: Int? { terminal.isError || terminal.isWidthGiven ? terminal.width : nil }

  /// Prints which command explains the errors that were shown.
  func explain(_ hint: String?) {
    if let hint { output.text(Wrap.text(hint, wrap: errorWrap), to: .error) }
  }

  /// Tells GitHub's runner to mask the secrets in the job's log, before they are printed (SecretStores#Redaction).
  func maskInLog(_ secrets: [Secret]) {
    guard isGitHubActions else { return }
    output.verbatim(Array(SecretMasking.lines(secrets).utf8), to: .error)
  }

  /// Asks a question on standard error.
  ///
  /// - Returns: the answer without its line end; nil when there is none, or a signal came.
  package func ask(_ question: String) async -> String? {
    output.text(question, to: .error)
    let answer = await readAnswer()
    if answer == nil {
      // The user typed no line end.
      output.text("\n", to: .error)
    } else {
      output.lineWasCompleted()
    }
    return answer
  }

  /// Asks whether to do something. Only `yes` is accepted.
  package func confirms(_ question: String) async -> Bool {
    await ask("\(question) only 'yes' is accepted: ") == "yes"
  }

  /// Prints a mistake in the arguments that the parser cannot detect.
  func wrongUsage(_ message: String, help: String? = nil) -> ToolExit {
    output.text("error: \(message)\n" + (help.map { "  help: \($0)\n" } ?? ""), to: .error)
    return .usage
  }
}

/// A Client ID Metadata Document that is requested and checked.
package struct DocumentCheck: Sendable {
  package var document: ClientIDMetadataDocument
  /// The document must contain all of them.
  package var redirectURIs: [String]
  /// The network settings of the inventory.
  package var network: NetworkSettings
  /// The folder of the inventory.
  package var folder: String
}

/// The order with which the services of a run are opened.
package struct RunOrder: Sendable {
  package var inventory: Inventory
  package var settings: RunSettings
  /// The lock file beside the inventory, which is decoded while the inventory is read.
  package var lockReadAhead: LockReadAhead?
  /// Receives the events of the run.
  package var report: @Sendable (RunEvent) -> Void
}

/// The options that change how a run works, not what it does.
package struct RunSettings: Sendable, Equatable {
  /// How many servers are processed at a time.
  package var parallelism = 32
  /// Seconds for one server's whole discovery.
  package var discoveryTimeout = 30
  /// Seconds to wait for the run lock.
  package var lockTimeout = 0
}

/// What a command uses for one inventory, with live stores and transport, or with those of a test.
package struct RunServices: Sendable {
  package var reconciler: any Reconciling
  package var state: any StateChanging
  package var exports: @Sendable () -> ExportSource
  package var secrets: @Sendable () -> SecretOperations
  package var verifier: @Sendable () -> CredentialVerifier
  /// The names of the servers in the lock file.
  package var lockedNames: @Sendable () async throws(Diagnostic) -> [String]
  /// Copies the state between files and etcd.
  package var transfer: @Sendable () throws(Diagnostic) -> StateTransfer
  package var close: @Sendable () async -> Void

  package init(
    reconciler: any Reconciling, state: any StateChanging, exports: @escaping @Sendable () -> ExportSource,
    secrets: @escaping @Sendable () -> SecretOperations, verifier: @escaping @Sendable () -> CredentialVerifier,
    lockedNames: @escaping @Sendable () async throws(Diagnostic) -> [String],
    transfer: @escaping @Sendable () throws(Diagnostic) -> StateTransfer = { () throws(Diagnostic) in
      throw Diagnostic(.error, .storeUnsupported, "the state cannot be copied here")
    },
    close: @escaping @Sendable () async -> Void
  ) {
    self.reconciler = reconciler
    self.state = state
    self.exports = exports
    self.secrets = secrets
    self.verifier = verifier
    self.lockedNames = lockedNames
    self.transfer = transfer
    self.close = close
  }
}

/// Plans and applies. The contract is that of `Reconciler`. Tests of commands return results of their own.
package protocol Reconciling: Sendable {
  func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan
  func apply(
    _ options: PlanOptions, allowMassChange: Bool, isAsked: Bool, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult?
  func apply(
    _ saved: SavedPlan, allowMassChange: Bool, show: @Sendable (Plan) async -> Void
  ) async throws(Diagnostic) -> RunResult?
  func importClient(
    _ order: ImportOrder, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult?
}

extension Reconciler: Reconciling {}

/// Reads and changes the lock file. The contract is that of `StateOperations`. Tests of commands return results of their own.
package protocol StateChanging: Sendable {
  func look() async throws(Diagnostic) -> Standing
  func status() async throws(Diagnostic) -> StatusReport
  func move(_ old: String, to new: String) async throws(Diagnostic) -> Result<ServerMoveResult, UsageProblem>
  func forget(_ names: [String], isForced: Bool) async throws(Diagnostic) -> Result<[ServerForgetResult], UsageProblem>
  func deleteOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem>
  func forgetOrphans(_ selection: OrphanSelection) async throws(Diagnostic) -> Result<[OrphanResult], UsageProblem>
}

extension StateOperations: StateChanging {}
