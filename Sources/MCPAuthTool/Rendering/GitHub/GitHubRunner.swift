import MCPAuthCore

/// What a runner of GitHub's Actions offers a step: where the repository is, and files to add to.
struct GitHubRunner: Sendable {
  /// `GITHUB_WORKSPACE`: the folder of the repository.
  var workspace: String?
  /// `GITHUB_STEP_SUMMARY`
  var stepSummary: String?
  /// `GITHUB_OUTPUT`
  var outputs: String?
  var append: @Sendable (_ path: String, _ bytes: [UInt8], _ limit: Int) throws(BoundedFile.Problem) -> Void = {
    _, _, _ throws(BoundedFile.Problem) in throw .missing
  }

  /// What a step's summary may come to; a larger one is refused as a whole.
  static let summaryLimit = 1 << 20

  /// Outside of a runner.
  init() {}

  init(_ context: ToolContext) {
    func value(_ name: String) -> String? { context.environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    workspace = value("GITHUB_WORKSPACE")
    stepSummary = value("GITHUB_STEP_SUMMARY")
    outputs = value("GITHUB_OUTPUT")
    append = context.appendFile
  }

  /// A file's name as the repository has it: annotations know no other.
  func path(_ file: String) -> String {
    guard let workspace else { return file }
    let absolute = HostFacts.absolute(file)
    let root = workspace.hasSuffix("/") ? workspace : workspace + "/"
    return absolute.hasPrefix(root) ? String(absolute.dropFirst(root.count)) : file
  }
}
