import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolOutput

/// Asks a person for what the flags of `init` leave out. An empty answer takes the default. An answer that cannot be used is asked for again.
struct InitQuestions {
  let context: ToolContext
  let place: StarterPlace

  /// - Throws: `interrupted` when there is no answer.
  func complete(_ options: inout InitOptions) async throws(Diagnostic) {
    if options.name == nil {
      options.name = try await ask("client name, which users see when they consent", or: StarterInventory().name) {
        problem(of: StarterInventory(name: $0))
      }
    }
    try await completeClient(&options)
    if options.store == nil {
      let names = SecretsMoveCommand.Place.allCases.filter { $0 != .etcd }.map(\.rawValue)
      let name = try await ask("secret store: age, directory, helper, exec or kv2", or: "age") {
        names.contains($0) ? nil : "choose one of \(names.joined(separator: ", "))"
      }
      options.store = SecretsMoveCommand.Place(rawValue: name)
    }
    try await completeStore(&options)
  }

  /// The programs that sign in, and the redirect URIs that they do not add.
  private func completeClient(_ options: inout InitOptions) async throws(Diagnostic) {
    if options.consumerTexts.isEmpty {
      let texts = try await ask(
        "programs that sign in, such as claude-code=33418 vscode librechat=https://chat.acme.dev; empty: none", or: ""
      ) { problem(ofConsumers: Self.words($0)) }
      options.consumerTexts = Self.words(texts)
    }
    if !options.redirectURIs.isEmpty { return }
    let needsNone = options.hasConsumersURIs
    let uris = try await ask(
      (needsNone ? "other redirect URIs" : "redirect URIs")
        + ", with spaces between them; {server} becomes the server's name" + (needsNone ? "; empty: none" : ""),
      or: needsNone ? "" : StarterInventory().redirectURIs.joined(separator: " ")
    ) {
      $0.isEmpty ? nil : problem(of: StarterInventory(redirectURIs: Self.words($0)))
    }
    options.redirectURIs = Self.words(uris)
  }

  private func problem(ofConsumers texts: [String]) -> String? {
    do throws(Diagnostic) {
      var inventory = StarterInventory()
      inventory.consumers = try InitOptions.consumers(texts)
      return problem(of: inventory)
    } catch {
      return error.message
    }
  }

  private func completeStore(_ options: inout InitOptions) async throws(Diagnostic) {
    switch options.store ?? .age {
    case .directory:
      if options.path != nil { return }
      options.path = try await ask("folder of the secrets, outside the work tree", or: "") {
        place.problem(ofOutside: $0)
      }
    case .helper:
      if options.helper != nil { return }
      options.helper = try await ask("docker credential helper; pass runs docker-credential-pass", or: "pass") {
        SecretsSettings.isHelper($0) ? nil : "use letters, digits, '_' and '-'"
      }
    case .exec:
      if !options.command.isEmpty { return }
      let line = try await ask("program of the store, and its arguments, with spaces between them", or: "") {
        StarterInventory.problem(ofCommand: Self.words($0).first ?? "")
      }
      options.command = Self.words(line)
    case .kv2:
      if options.kv2.address == nil {
        let flags = options.kv2
        options.kv2.address = try await ask("address of OpenBao or Vault, as in https://bao.example.com:8200", or: "") {
          answer in
          var given = flags
          given.address = answer
          return given.problem(isKV2: true, path: nil, owner: "--store kv2")
        }
      }
      if options.path != nil { return }
      options.path = try await ask("path below the mount, for this inventory only", or: "mcpauth") {
        KV2Settings.isPath($0) ? nil : "use names of letters, digits, '.', '_' and '-', with '/' between them"
      }
    case .age:
      if options.identityFile != nil || !options.recipient.isEmpty { return }
      let path = try await ask("file for the new private key, outside the work tree; empty: show it once", or: "") {
        $0.isEmpty ? nil : place.problem(ofOutside: $0)
      }
      options.identityFile = path.isEmpty ? nil : path
    case .etcd: break  // refused in `validate`, and not among the answers
    }
  }

  func ci() async throws(Diagnostic) -> StarterCI {
    let names = StarterCI.allCases.map(\.rawValue)
    let name = try await ask("workflow for CI: github, gitlab or none", or: StarterCI.nothing.rawValue) {
      names.contains($0) ? nil : "choose one of \(names.joined(separator: ", "))"
    }
    return StarterCI(rawValue: name) ?? .nothing
  }

  /// - Parameter problem: why an answer cannot be used; nil: it can.
  private func ask(
    _ question: String, or standard: String, problem: (String) -> String?
  ) async throws(Diagnostic) -> String {
    while true {
      let shown = standard.isEmpty ? "" : " [\(standard)]"
      guard let line = await context.ask("\(question)\(shown): ") else {
        throw Diagnostic(.error, .interrupted, "cancelled: nothing was written")
      }
      let typed = Self.words(line).joined(separator: " ")
      let answer = typed.isEmpty ? standard : typed
      guard let words = problem(answer) else { return answer }
      context.output.text("  \(Printable.line(words))\n", to: .error)
    }
  }

  private static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  private func problem(of inventory: StarterInventory) -> String? {
    for text in [inventory.name] + inventory.redirectURIs {
      if let problem = StarterInventory.problem(of: text) { return problem }
    }
    return inventory.problems(in: context).first?.message
  }
}

/// The folder that `init` works in.
struct StarterPlace {
  /// The absolute path of the working directory, without links.
  let folder: String
  /// The git work tree; nil outside of any.
  let workTree: String?
  private let setup: FolderSetup

  init(_ setup: FolderSetup) {
    self.setup = setup
    folder = setup.realPath(".")
    workTree = setup.workTree(folder)
  }

  /// Why a path cannot be for what must never be committed; nil: it can.
  func problem(ofOutside path: String) -> String? {
    if let problem = StarterInventory.problem(of: path) { return problem }
    if path.hasPrefix("~") { return "'~' is not replaced here: write the whole path" }
    let tree = workTree ?? folder
    let real = setup.realPath(path)
    let isInside = real == tree || real.hasPrefix(tree.hasSuffix("/") ? tree : tree + "/")
    return isInside ? "'\(Printable.line(path))' is inside \(Printable.line(tree)), and could be committed" : nil
  }
}
