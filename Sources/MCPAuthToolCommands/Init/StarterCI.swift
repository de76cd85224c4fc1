import ArgumentParser
import MCPAuthPlan
import MCPAuthToolRendering

/// `--ci`: the files that plan and apply in CI. They are those of `examples`, byte for byte.
enum StarterCI: String, CaseIterable, Sendable, ExpressibleByArgument {
  case github, gitlab
  case nothing = "none"

  static let githubFile = ".github/workflows/mcpauth.yml"
  static let gitlabFile = "ci/mcpauth.gitlab-ci.yml"
  private static let gitlabRoot = ".gitlab-ci.yml"
  private static let commitLock = "ci/commit-lock"
  private static let include = "include:\n  - local: \(gitlabFile)\n"

  /// Adds the files.
  ///
  /// - Parameter variables: those that an existing inventory's `{env: NAME}` name, sorted.
  /// - Returns: what a person has to do.
  func add(
    to files: inout StarterFiles, _ secrets: SecretsSettings, variables: [String]
  ) -> [InitPage.Step] {
    let help = ["keep it, and run it again without --ci", "move it away, and run it again"]
    var next: [InitPage.Step] = []
    switch self {
    case .nothing: return []
    case .github: files.add(Self.githubFile, PackageResources.mcpauth_yml, help: help)
    case .gitlab:
      files.add(Self.gitlabFile, PackageResources.mcpauth_gitlab_ci_yml, help: help)
      let now = files.keep(Self.gitlabRoot, Array(Self.include.utf8))
      if let now, !String(decoding: now, as: UTF8.self).contains(Self.gitlabFile) {
        next.append(
          InitPage.Step("add this to .gitlab-ci.yml, which exists", command: "include: [{local: \(Self.gitlabFile)}]"))
      }
    }
    files.add(Self.commitLock, PackageResources.commit_lock, mode: 0o755, help: help)
    let workflow = self == .github ? Self.githubFile : Self.gitlabFile
    next.append(
      InitPage.Step("until a release is published, set MCPAUTH_RELEASES and MCPAUTH_SHA256 in \(workflow)"))
    if let words = words(of: secrets) { next.append(InitPage.Step(words)) }
    if self == .github {
      let names = variables.isEmpty ? "each {env: NAME} of servers.yaml" : variables.joined(separator: ", ")
      next.append(
        InitPage.Step(
          "in \(workflow), give the step apply \(names) as env, in place of the example MCP_GITHUB_CLIENT_SECRET"))
    }
    return next
  }

  /// The secrets that the jobs need.
  private func words(of secrets: SecretsSettings) -> String? {
    var names: [String] = []
    if self == .gitlab { names.append("MCPAUTH_PUSH_TOKEN") }
    if secrets.store == .age { names.append("MCPAUTH_AGE_KEY") }
    if case .env(let name)? = secrets.kv2?.auth.credential { names.append(name) }
    guard !names.isEmpty else { return nil }
    return self == .github
      ? "give the repository the secret \(names.joined(separator: " and "))"
      : "give the project \(names.joined(separator: " and ")) as masked and protected CI/CD variables"
  }
}
