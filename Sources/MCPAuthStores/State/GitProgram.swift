import MCPAuthCore
internal import Subprocess

/// Runs `git` in a folder.
struct GitProgram: Sendable {
  let folder: String

  enum Problem: Error, Sendable, Equatable {
    /// What git printed, made printable.
    case refused(String)
    /// git cannot be run, or it printed too much.
    case unusable
  }

  /// - Parameter limit: the greatest number of bytes that it may print.
  /// - Returns: what it printed to standard output.
  func run(_ arguments: [String], input: [UInt8] = [], limit: Int = 1 << 16) async -> Result<[UInt8], Problem> {
    // git must use the repository of this folder, also when a hook or alias runs mcpauth. It must not fetch any object.
    let environment = Environment.inherit.updating([
      "GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil, "GIT_PREFIX": nil, "GIT_OBJECT_DIRECTORY": nil,
      "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C",
    ])
    do {
      let result = try await Subprocess.run(
        .name("git"), arguments: Arguments(["-C", folder] + arguments), environment: environment, input: .inputWriter,
        output: .bytes(limit: limit), error: .bytes(limit: 1 << 16)
      ) { execution in
        _ = try? await execution.standardInputWriter.write(input)
        try? await execution.standardInputWriter.finish()
      }
      guard result.terminationStatus.isSuccess else {
        return .failure(.refused(ForeignText.printable(result.standardError)))
      }
      return .success(result.standardOutput)
    } catch {
      return .failure(.unusable)
    }
  }
}
