import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// Looks at the secret store, and changes what is in it. The contract is `SecretOperations`'s.
protocol SecretKeeping: Sendable {
  func list() async throws(Diagnostic) -> SecretListResult
  func get(_ server: String, _ field: SecretField) async throws(Diagnostic) -> Result<Secret, UsageProblem>
  func getStored(_ key: String) async throws(Diagnostic) -> Secret
  func set(_ key: String, _ value: Secret) async throws(Diagnostic) -> SecretSetResult
  func remove(_ key: String) async throws(Diagnostic) -> Result<SecretRemoveResult, UsageProblem>
  func check() async throws(Diagnostic) -> SecretCheckResult
  func rekey(writing: Bool) async throws(Diagnostic) -> SecretRekeyResult
  func move(_ other: SecretsSettings, isSource: Bool) async throws(Diagnostic) -> SecretMoveResult
}

extension SecretOperations: SecretKeeping {}

/// For a run that has nothing to do with the store.
struct NoSecrets: SecretKeeping {
  private func absent() -> Never { preconditionFailure("this run was opened without a secret store") }

  func list() async throws(Diagnostic) -> SecretListResult { absent() }
  func get(_ server: String, _ field: SecretField) async throws(Diagnostic) -> Result<Secret, UsageProblem> { absent() }
  func getStored(_ key: String) async throws(Diagnostic) -> Secret { absent() }
  func set(_ key: String, _ value: Secret) async throws(Diagnostic) -> SecretSetResult { absent() }
  func remove(_ key: String) async throws(Diagnostic) -> Result<SecretRemoveResult, UsageProblem> { absent() }
  func check() async throws(Diagnostic) -> SecretCheckResult { absent() }
  func rekey(writing: Bool) async throws(Diagnostic) -> SecretRekeyResult { absent() }
  func move(_ other: SecretsSettings, isSource: Bool) async throws(Diagnostic) -> SecretMoveResult { absent() }
}

extension InventorySession {
  /// Looks at the secret store, or changes what is in it.
  func secrets<Value: Sendable>(
    _ work: (any SecretKeeping) async throws(Diagnostic) -> Value
  ) async throws(RunFailure) -> Value {
    do throws(Diagnostic) { return try await work(keeper) } catch { throw .failed(error) }
  }

  /// The same, where what is asked for may name nothing that is there.
  func secrets<Value: Sendable>(
    naming work: (any SecretKeeping) async throws(Diagnostic) -> Result<Value, UsageProblem>
  ) async throws(RunFailure) -> Value {
    let result = try await secrets(work)
    do throws(UsageProblem) { return try result.get() } catch { throw .usage(error) }
  }
}
