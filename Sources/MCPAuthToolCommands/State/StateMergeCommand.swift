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
      Writes the result into <ours>. An entry or an orphan that one side changed is taken from that side. \
      An entry that both sides changed, and not alike, is a conflict: it ends with 1, and git takes the file for unmerged. What it wrote \
      is a valid lock file all the same, without markers. It has one side's entry whole: never a client that the other side gave up, \
      then the one whose secret is newer, otherwise ours. The other side's client is on the orphans' list as replaced (removed, where no entry \
      is left), so that the next apply deletes it where that can be done. To accept: git add the file. To have it the other way round, merge \
      again with --prefer theirs. With --prefer it is a warning, and ends with 0. \
      Lock files of different lineages are refused, and <ours> is left as it was.

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

  @Option(help: ArgumentHelp("Settle conflicts for this side: ours or theirs.", valueName: "side"))
  var prefer: LockMerge.Side?

  @OptionGroup var common: CommonOptions

  func run(in context: ToolContext) async -> ToolExit {
    let report = common.report(in: context)
    let name = path ?? ours
    do throws(Diagnostic) {
      guard let our = try read(ours, "ours", in: context), let their = try read(theirs, "theirs", in: context) else {
        throw Diagnostic(
          .error, .lockInvalid, "'\(Printable.line(name))' is empty on one side",
          help: ["take the other side's: git checkout --ours, or --theirs"])
      }
      let merge = try LockMerge(
        base: try read(base, "their common ancestor", in: context), ours: our, theirs: their,
        preferred: prefer ?? .ours, now: HostFacts.now())
      try context.writeLock(ours, LockCodec.encode(merge.lock))
      report.presented(MergePage(file: name, merge: merge, isSettled: prefer != nil))
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
    return bytes.isEmpty ? nil : try LockCodec.decode(bytes, file: Printable.line(shown))
  }
}

extension LockMerge.Side: ExpressibleByArgument {}
