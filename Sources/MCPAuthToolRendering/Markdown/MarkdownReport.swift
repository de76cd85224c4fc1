import MCPAuthCore
import MCPAuthPlan
import MCPAuthReconciler
import MCPAuthToolOutput
import Synchronization

/// For a comment on a pull request: all pages, within the limit of a forge, printed when the command has ended.
final class MarkdownReport: Report {
  private let settings: ReportSettings
  private let output: Output
  private let narrator: ProgressReporter
  private let pages: MarkdownPages

  init(_ settings: ReportSettings, _ output: Output) {
    self.settings = settings
    self.output = output
    narrator = ProgressReporter(settings, output)
    let pages = MarkdownPages(command: settings.command)
    self.pages = pages
    output.atEnd { _ in output.text(pages.text) }
  }

  func validated(_ checks: [InventoryCheck]) { for check in checks { pages.add { $0.page(check) } } }

  func refused(_ check: InventoryCheck) { pages.add { $0.page(check) } }

  func planned(_ plan: Plan, source: SourceText) { pages.add { $0.page(plan, source: source) } }

  func saved(_ plan: SavedPlan, to path: String) {}

  func proposed(_ plan: Plan, source: SourceText, isAsking: Bool) {
    if isAsking { output.text(settings.questionText.render(plan, source: source) + "\n", to: .error) }
  }

  func declined(_ plan: Plan) { output.text("\(settings.command): cancelled, nothing was done\n", to: .error) }

  func happened(_ event: RunEvent) { narrator.happened(event) }

  func applied(_ run: RunResult, source: SourceText, isPlanShown: Bool) { pages.add { $0.page(run, source: source) } }

  func presented(_ result: any Presentable) {
    guard let result = result as? any MarkdownPresentable else { return output.text(result.text(settings)) }
    pages.add { result.page($0) }
  }

  func failed(_ error: Diagnostic, source: SourceText) {
    pages.add { $0.page(error, source: source) }
    output.text(settings.errorText.render(error, mask: SourceMask(source, diagnostics: [])), to: .error)
  }
}

/// The pages of a run, in their order.
final class MarkdownPages: Sendable {
  /// The least room that a further page needs, in UTF-16 units.
  private static let least = 3_000

  private let run: MarkdownRun
  private let pages = Mutex<[MarkdownPage]>([])

  init(command: String) {
    run = MarkdownRun(command: command)
  }

  func add(_ page: (MarkdownRun) -> MarkdownPage) {
    let page = page(run)
    pages.withLock { $0.append(page) }
  }

  /// Each page gets an equal share of the room that is left. A page with required pieces is never left out.
  var text: String {
    let pages = pages.withLock { $0 }
    var room = MarkdownPage.limit
    var parts: [String] = []
    var leftOut = 0
    for (index, page) in pages.enumerated() {
      let hasRoom = room > Self.least || index == 0
      guard hasRoom || page.hasRequiredPieces else {
        leftOut += 1
        continue
      }
      let part = page.render(limit: hasRoom ? max(Self.least, room / (pages.count - index)) : 0)
      room -= part.utf16.count + 1
      parts.append(part)
    }
    if leftOut > 0 {
      parts.append("\n**Left out, because there is no room: \(leftOut) inventories.** The job's log has everything.\n")
    }
    return parts.joined(separator: "\n")
  }
}
