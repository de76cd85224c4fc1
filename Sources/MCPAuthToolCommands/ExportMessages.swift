import MCPAuthCore
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

/// Messages about an export, on standard error: standard output has only the text.
struct ExportMessages {
  let common: CommonOptions
  let source: SourceText
  let context: ToolContext

  func tell(_ diagnostics: [Diagnostic], notes: [String] = []) {
    let shown = common.quiet ? diagnostics.filter { $0.severity == .error } : diagnostics
    switch common.format {
    case .json:
      let document = DiagnosticDocument.inventory(source.file, diagnostics: shown, serverCount: nil)
      let bytes = JSONWriter.printed(DiagnosticDocument.document(document))
      context.output.text(String(decoding: bytes, as: UTF8.self), to: .error)
    default:
      let style = Style(hasColor: common.color.isOn(terminal: context.terminal.isError, context.environment))
      let text = DiagnosticText(style: style, width: context.terminal.width, wrap: context.errorWrap)
      context.output.text(text.render(shown, in: source), to: .error)
      if !common.quiet { context.output.errors.note(shown) }
      for line in notes { note(line) }
    }
  }

  func note(_ line: String) {
    if !common.quiet { context.output.text("note: \(Printable.line(line))\n", to: .error) }
  }
}
