import ArgumentParser
import MCPAuthCore
import MCPAuthPlan
import MCPAuthToolInput
import MCPAuthToolOutput
import MCPAuthToolRendering

struct StateMergeCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merges lock files by entry: a git merge driver.",
    usage: "mcpauth state merge <base> <ours> <theirs> [<path>] [<options>]",
    discussion: """
      Writes the result into <ours>. An entry or orphan that one side changed is taken from that side. \
      An entry that both sides changed differently is a conflict: the exit code is 1, and git reports the file as unmerged. The file is a \
      valid lock file without markers nevertheless, with the whole entry of one side: the side that replaced or removed the \
      client, if only one did; if both kept it, the side with the newer secret; otherwise ours. The client of the other side becomes an \
      orphan, so that the next apply can delete it. \
      To accept the result: git add the file. To take the other side: merge again with --prefer theirs. With --prefer a conflict is only a \
      warning, and the exit code is 0. Lock files of different lineages are refused, and <ours> stays unchanged.

      set it up with:
        git config merge.mcpauth.driver "mcpauth state merge %O %A %B %P"
        echo '*.lock.json merge=mcpauth' >> .gitattributes

      example: mcpauth state merge base.json ours.json theirs.json servers.lock.json
      """)

  @Argument(help: ArgumentHelp("The common ancestor; an empty file when there is none.", valueName: "base"))
  var base: String

  @Argument(help: ArgumentHelp("Our side; the result is written here.", valueName: "ours"))
  var ours: String

  @Argument(help: ArgumentHelp("The other side.", valueName: "theirs"))
  var theirs: String

  @Argument(help: ArgumentHelp("The lock file's own path, for messages.", valueName: "path"))
  var path: String?

  @Option(help: ArgumentHelp("Resolve conflicts in favour of ours or theirs.", valueName: "side"))
  var prefer: LockMerge.Side?

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    let name = path ?? ours
    do throws(Diagnostic) {
      guard let our = try read(ours, "ours", in: context), let their = try read(theirs, "theirs", in: context) else {
        throw Diagnostic(
          .error, .lockInvalid, "'\(Printable.line(name))' is empty on one side",
          help: ["take the other side: git checkout --ours, or git checkout --theirs"])
      }
      let merge = try LockMerge(
        base: try read(base, "their common ancestor", in: context), ours: our, theirs: their,
        preferred: prefer ?? .ours, now: HostFacts.now())
      try context.writeLock(ours, LockCodec.encode(merge.lock))
      report.presented(MergePage(file: name, path: path, merge: merge, isSettled: prefer != nil))
      return merge.isClean || (prefer != nil && merge.duplicates.isEmpty) ? .done : .failed
    } catch {
      report.failed(error, source: .none(name))
      return .failed
    }
  }

  /// - Returns: nil for an empty file.
  private func read(_ file: String, _ side: String, in context: ToolContext) throws(Diagnostic) -> Lock? {
    let shown = (path.map { "\($0) (\(side))" } ?? file)
    let bytes: [UInt8]
    do throws(BoundedFile.Problem) {
      bytes = try context.readFile(file, LockCodec.limit)
    } catch {
      throw Diagnostic(.error, .lockInvalid, "'\(Printable.line(shown))' cannot be read: \(error.reason)")
    }
    return bytes.isEmpty ? nil : try LockCodec.decode(bytes, file: Printable.line(shown), isSide: path != nil)
  }
}

extension LockMerge.Side: ExpressibleByArgument {}
