import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering
import Synchronization

/// Shows the plan of an apply and asks for confirmation (PlanAndApply#Commands).
final class Confirmation: Sendable {
  private let report: any Report
  private let source: SourceText
  private let context: ToolContext
  /// Whether a user is asked before each plan is applied.
  let isAsking: Bool
  private let advice: CommitAdvice
  private let proposed = Mutex<Plan?>(nil)

  /// - Parameter isAsking: false with `--yes`. There is also no question when standard input is not a terminal.
  init(_ report: any Report, _ session: InventorySession, _ context: ToolContext, isAsking: Bool) {
    self.report = report
    source = session.source
    self.context = context
    advice = CommitAdvice(session.inventory, context)
    self.isAsking = isAsking && context.terminal.isInput
  }

  /// The plan that was shown; an empty plan when none was.
  var plan: Plan { proposed.withLock { $0 } ?? Plan(inventory: source.file) }

  var isShown: Bool { proposed.withLock { $0 != nil } }

  /// Reports the result and gives the exit code.
  ///
  /// - Parameter result: nil when the answer was no.
  func finish(_ result: RunResult?) -> ToolExit {
    guard let result else {
      report.declined(plan)
      return .failed
    }
    report.applied(result, source: source, isPlanShown: isShown)
    let paths = advice.changedPaths()
    if !paths.isEmpty { report.committable(paths) }
    return result.hasFailed ? .failed : .done
  }

  func confirm(_ plan: Plan) async -> Bool {
    proposed.withLock { $0 = plan }
    // A document replaces the text, unless the user is asked.
    report.proposed(plan, source: source, isAsking: isAsking)
    guard isAsking else { return true }
    return await context.confirms("apply these changes?")
  }
}
