import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// The file that `plan --out` writes and `apply` reads.
struct SavedPlanFile {
  /// Ten times the size of a plan of 10,000 servers.
  private static let limit = 1 << 26

  private let path: String
  private let context: ToolContext

  /// Checks before the first request that the file may be written. Only an older plan is overwritten.
  init(_ path: String, in context: ToolContext) throws(RunFailure) {
    self.path = path
    self.context = context
    var problem: String?
    do throws(BoundedFile.Problem) {
      let there = try context.readFile(path, Self.limit)
      if !there.isEmpty, !SavedPlanCodec.isSavedPlan(there) { problem = "it exists and is not a plan" }
    } catch {
      if error != .missing { problem = error.reason }
    }
    guard let problem else { return }
    throw .failed(
      Diagnostic(
        .error, .storeFailed, "the plan cannot be written to '\(Printable.line(path))': \(problem)",
        help: ["name another file"]))
  }

  func write(_ plan: SavedPlan, _ report: any Report) throws(RunFailure) {
    do throws(Diagnostic) {
      try context.writeFile(path, SavedPlanCodec.encode(plan))
    } catch {
      throw .failed(error)
    }
    report.saved(plan, to: path)
  }

  /// The content decides whether a file is a saved plan or an inventory (PlanAndApply#Saved-plans).
  ///
  /// - Returns: nil for any other file, and for one that cannot be read.
  /// - Throws: `plan-invalid`, `plan-too-new`.
  static func read(_ path: String, in context: ToolContext) throws(Diagnostic) -> SavedPlan? {
    guard let bytes = try? context.readFile(path, limit), SavedPlanCodec.isSavedPlan(bytes) else { return nil }
    return try SavedPlanCodec.decode(bytes, file: Printable.line(path))
  }
}
