package import MCPAuthToolOutput

/// The folder and files that a runner of GitHub Actions gives a step: the repository, and files to append to.
package struct GitHubRunner: Sendable {
  /// `GITHUB_WORKSPACE`: the folder of the repository.
  var workspace: String?
  /// `GITHUB_STEP_SUMMARY`
  var stepSummary: String?
  /// `GITHUB_OUTPUT`
  var outputs: String?
  var append: AppendedFile.Append = { _, _, _ throws(AppendedFile.Problem) in throw .notAFile }

  private var absolute: @Sendable (String) -> String = { $0 }

  /// The greatest size of a step's summary. GitHub refuses a larger one as a whole.
  static let summaryLimit = 1 << 20

  /// The value outside of a runner.
  package init() {}

  /// - Parameter absolute: a path under the working directory.
  package init(
    _ environment: [String: String], absolute: @escaping @Sendable (String) -> String,
    append: @escaping AppendedFile.Append
  ) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    workspace = value("GITHUB_WORKSPACE")
    stepSummary = value("GITHUB_STEP_SUMMARY")
    outputs = value("GITHUB_OUTPUT")
    self.absolute = absolute
    self.append = append
  }

  /// The path relative to the repository, as annotations need it.
  func path(_ file: String) -> String {
    guard let workspace else { return file }
    let absolute = absolute(file)
    let root = workspace.hasSuffix("/") ? workspace : workspace + "/"
    return absolute.hasPrefix(root) ? String(absolute.dropFirst(root.count)) : file
  }
}
