import MCPAuthCore
import MCPAuthPlan

/// A store whose program a plan does not run, because the lock file does not name its command (SecretStores#Programs): an edit of the inventory alone
/// must not choose what runs where pull requests are planned. It has the records that the lock file names, and none of them can be read.
struct UnrunSecretStore: SecretStore {
  let name: String
  let canRead = false
  private let records: [String: [String]]
  private let settings: SecretsSettings
  /// The command that the lock file names.
  private let locked: [String]?

  /// - Returns: nil when the plan may run the program, or the store has none.
  static func inPlace(of context: ReconcilerContext) async throws(Diagnostic) -> UnrunSecretStore? {
    let settings = context.inventory.secrets
    guard let command = settings.recordedCommand else { return nil }
    var lock: Lock?
    if let bytes = try await context.state.readLock() {
      lock = try LockCodec.decode(bytes, file: context.state.lockFile)
    }
    guard lock?.secretsCommand != command else { return nil }
    let records = (lock?.servers ?? [:]).compactMapValues { entry in entry.secretVersion.map { [$0] } }
    return UnrunSecretStore(
      name: context.secrets.name, records: records, settings: settings, locked: lock?.secretsCommand)
  }

  private init(name: String, records: [String: [String]], settings: SecretsSettings, locked: [String]?) {
    self.name = name
    self.records = records
    self.settings = settings
    self.locked = locked
  }

  var warning: Diagnostic {
    let command = SecretsSettings.shown(command: settings.command)
    var warning = Diagnostic.warning(
      .storeProgramRefused,
      "plan did not run the program of the secret store, because the lock file does not name its command: \(command)",
      at: settings.location,
      help: ["apply runs it where MCPAUTH_STORE_PROGRAMS names it, and writes the command into the lock file"])
    if let locked { warning.notes = ["the lock file names: \(SecretsSettings.shown(command: locked))"] }
    return warning
  }

  func list() async throws(Diagnostic) -> [String: [String]] { records }

  func get(_ server: String, version: String) async throws(Diagnostic) -> SecretRecord? {
    throw .secretUnreadable(server, version: version, store: name)
  }

  func getOrphan(issuer: String, clientID: String) async throws(Diagnostic) -> SecretRecord? { throw unreadable }

  func prove() async throws(Diagnostic) -> [Diagnostic] { throw unreadable }
  func put(_ record: SecretRecord) async throws(Diagnostic) { throw unreadable }
  func remove(_ server: String, version: String) async throws(Diagnostic) { throw unreadable }
  func putOrphan(_ record: SecretRecord) async throws(Diagnostic) { throw unreadable }
  func removeOrphan(issuer: String, clientID: String) async throws(Diagnostic) { throw unreadable }

  private var unreadable: Diagnostic { .storeUnreadable(name, why: "its program was not run") }
}

extension SecretsSettings {
  /// The command that the lock file records; nil for a store without one.
  var recordedCommand: [String]? { store == .exec && !command.isEmpty ? command : nil }
}
