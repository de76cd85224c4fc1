import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering
import Synchronization

/// Shows the plan of an apply, and asks whether it is meant (PlanAndApply#Commands).
final class Confirmation: Sendable {
  private let report: any Report
  private let source: SourceText
  private let context: ToolContext
  private let isAsking: Bool
  private let proposed = Mutex<Plan?>(nil)

  /// - Parameter isAsking: false with `--yes`. Where standard input is no terminal nobody is asked either.
  init(_ report: any Report, _ source: SourceText, _ context: ToolContext, isAsking: Bool) {
    self.report = report
    self.source = source
    self.context = context
    self.isAsking = isAsking && context.terminal.isInput
  }

  /// What was shown; an empty plan when nothing was.
  var plan: Plan { proposed.withLock { $0 } ?? Plan(inventory: source.file) }

  var isShown: Bool { proposed.withLock { $0 != nil } }

  /// Tells what came of it, and how the command ends.
  ///
  /// - Parameter result: nil when the answer was no.
  func finish(_ result: RunResult?) -> ToolExit {
    guard let result else {
      report.declined(plan)
      return .failed
    }
    report.applied(result, source: source, isPlanShown: isShown)
    return result.hasFailed ? .failed : .done
  }

  func confirm(_ plan: Plan) async -> Bool {
    proposed.withLock { $0 = plan }
    // A program that reads the document has no use for the text, unless somebody is there to be asked.
    report.proposed(plan, source: source, isAsking: isAsking)
    guard isAsking else { return true }
    context.output.text("apply these changes? only 'yes' is accepted: ", to: .error)
    let answer = await context.readAnswer()
    // Nobody typed a line end.
    if answer == nil { context.output.text("\n", to: .error) }
    return answer == "yes"
  }
}
