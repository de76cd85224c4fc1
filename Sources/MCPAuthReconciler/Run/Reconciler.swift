package import MCPAuthCore
package import MCPAuthPlan

/// Load, observe, plan, apply.
package struct Reconciler: Sendable {
  let context: ReconcilerContext

  package init(_ context: ReconcilerContext) {
    self.context = context
  }

  /// What an apply would do. Registers nothing, writes nothing, takes no lock.
  ///
  /// - Throws: `lock-invalid`, `lock-too-new`, `lock-missing`, `journal-invalid`, `journal-foreign`.
  package func plan(_ options: PlanOptions) async throws(Diagnostic) -> Plan {
    Plan(inventory: context.inventory.file)
  }

  /// Plans under the run lock, asks, and makes it so.
  ///
  /// - Parameters:
  ///   - allowMassChange: whether the guard of product 2 is lifted.
  ///   - confirm: shown the plan; false ends the run with nothing done. Not asked where there is nothing to do.
  /// - Returns: nil when it was not confirmed.
  /// - Throws: as `plan`; `locked`.
  package func apply(
    _ options: PlanOptions, allowMassChange: Bool, confirm: @Sendable (Plan) async -> Bool
  ) async throws(Diagnostic) -> RunResult? {
    nil
  }
}
