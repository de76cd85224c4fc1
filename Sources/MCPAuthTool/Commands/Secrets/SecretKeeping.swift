import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler

/// Looks at the secret store, and changes what is in it. The contract is `SecretCustodian`'s.
protocol SecretKeeping: Sendable {
  func list() async throws(Diagnostic) -> SecretListing
  func get(_ server: String, _ field: SecretField) async throws(Diagnostic) -> Result<Secret, UsageProblem>
  func getStored(_ key: String) async throws(Diagnostic) -> Secret
  func set(_ key: String, _ value: Secret) async throws(Diagnostic) -> SecretSetting
  func remove(_ key: String) async throws(Diagnostic) -> Result<SecretRemoval, UsageProblem>
  func check() async throws(Diagnostic) -> SecretCheck
  func rekey(writing: Bool) async throws(Diagnostic) -> SecretRekeying
  func move(_ other: SecretsSettings, isSource: Bool) async throws(Diagnostic) -> SecretMoving
}

extension SecretCustodian: SecretKeeping {}

/// For a run that has nothing to do with the store.
struct NoSecrets: SecretKeeping {
  private func absent() -> Never { preconditionFailure("this run was opened without a secret store") }

  func list() async throws(Diagnostic) -> SecretListing { absent() }
  func get(_ server: String, _ field: SecretField) async throws(Diagnostic) -> Result<Secret, UsageProblem> { absent() }
  func getStored(_ key: String) async throws(Diagnostic) -> Secret { absent() }
  func set(_ key: String, _ value: Secret) async throws(Diagnostic) -> SecretSetting { absent() }
  func remove(_ key: String) async throws(Diagnostic) -> Result<SecretRemoval, UsageProblem> { absent() }
  func check() async throws(Diagnostic) -> SecretCheck { absent() }
  func rekey(writing: Bool) async throws(Diagnostic) -> SecretRekeying { absent() }
  func move(_ other: SecretsSettings, isSource: Bool) async throws(Diagnostic) -> SecretMoving { absent() }
}

extension RunSession {
  /// Looks at the secret store, or changes what is in it.
  func secrets<Value: Sendable>(
    _ work: (any SecretKeeping) async throws(Diagnostic) -> Value
  ) async throws(RunStop) -> Value {
    do throws(Diagnostic) { return try await work(keeper) } catch { throw .failed(error) }
  }

  /// The same, where what is asked for may name nothing that is there.
  func secrets<Value: Sendable>(
    naming work: (any SecretKeeping) async throws(Diagnostic) -> Result<Value, UsageProblem>
  ) async throws(RunStop) -> Value {
    let result = try await secrets(work)
    do throws(UsageProblem) { return try result.get() } catch { throw .usage(error) }
  }
}
